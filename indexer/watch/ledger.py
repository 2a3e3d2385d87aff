"""What the loop writes down of files: taken, moved, lost and back again."""

from collections.abc import Iterable
from dataclasses import dataclass

from ...db import films, places
from ...db.records import FilmIdentity, Location
from ...db.store import Store
from .changes import Back, Known, Lost, Moved


@dataclass(frozen=True, slots=True)
class Recognised:
    """A settled file and the film that it holds."""

    location: Location
    identity: FilmIdentity


@dataclass(frozen=True, slots=True)
class Ledger:
    """The library's places."""

    store: Store

    def known_below(self, root: bytes) -> dict[bytes, Known]:
        """Return what is known below a root."""
        with self.store.reading() as db:
            below = places.below(db, root)
        return {
            one.location.path: Known(
                one.location.size, one.location.mtime_ns, missing=one.missing_us is not None
            )
            for one in below
        }

    def note(self, changes: Iterable[Moved | Lost | Back], now_us: int) -> None:
        """Write down what became of known files, all of it or nothing."""
        with self.store.writing() as db:
            for one in changes:
                match one:
                    case Moved(old, new, seen):
                        place = Location(new, seen.size, seen.mtime_ns)
                        places.move(db, old, place, now_us)
                    case Lost(path):
                        places.lose(db, path, now_us)
                    case Back(path):
                        places.bring_back(db, path)

    def take(self, found: Iterable[Recognised], priority: int, now_us: int) -> list[int]:
        """Write down settled files and have their films indexed; return the films' ids.

        A film of which a place is missing was moved: that place is forgotten.
        """
        everything = list(found)
        with self.store.writing() as db:
            before = places.films_at(db, [one.location.path for one in everything])
            ids = []
            for one in everything:
                missing = places.missing_of(db, one.identity)
                film_id = films.record(db, one.identity, one.location, now_us, missing.__contains__)
                places.take(db, film_id, priority, now_us)
                ids.append(film_id)
            if before:
                places.forget_unseen(db, before)
        return ids
