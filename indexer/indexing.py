"""Indexing a library once: what `filmdex index` does with the paths it is given.

Decides for each file whether there is anything to do, keeps several films going, and turns what
goes wrong with one of them into one line about it; the others go on.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field

from ..db import films, jobs, runs
from ..db.errors import (
    ClaimLostError,
    FilmdexError,
    MediaError,
    ModelError,
    StoreError,
    UnreachableError,
    WorkerError,
)
from ..db.jobs import Claim
from ..db.records import Indexed, Precision, RunSettings, show_path
from ..db.store import Connection, Store
from .away import wait_until_back
from .elsewhere import why_not_here
from .fingerprint import fingerprint
from .library import Found, Unreadable, gone, location_of
from .owner import lives, this_process
from .pipeline import Outcome, Plan, Position, index_film
from .retrying import Again, GiveUp, decide
from .viewing import OpenFilm, View
from .wall import wall_clock_us
from .worker import ChildInterrupted


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing to do: already indexed, or somebody else is at it."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Started:
    """A film's turn has come."""

    path: str


@dataclass(frozen=True, slots=True)
class Advanced:
    """A film is this far."""

    path: str
    position: Position


@dataclass(frozen=True, slots=True)
class Finished:
    """A film is indexed. `seconds` is how long that took."""

    path: str
    film_id: int
    outcome: Outcome
    seconds: float


@dataclass(frozen=True, slots=True)
class Refused:
    """A film could not be indexed, for this reason."""

    path: str
    reason: str


Ended = Skipped | Finished | Refused
Event = Ended | Started | Advanced
Tell = Callable[[Event], None]


class _Stopped(Exception):
    """Raised inside a film's thread when the whole run is being given up."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a film's current run must have been made with for there to be nothing to do."""

    model_digest: str
    settings: RunSettings

    def is_met_by(self, run: Indexed) -> bool:
        """Tell whether a run is as good as what is wanted; an exact one is, for keyframes."""
        if run.model_digest != self.model_digest:
            return False
        exact, wanted = Precision.EXACT, self.settings.precision
        return run.settings == self.settings or (
            wanted is not exact and run.settings.precision is exact
        )


@dataclass(frozen=True, slots=True)
class Desk:
    """What the films of one run share."""

    plan: Plan
    wanted: Wanted
    view: View
    store: Store
    tell: Tell
    force: bool
    stop: threading.Event
    # Tells of another place of a film whether it is no longer there.
    gone: Callable[[bytes], bool] = gone
    # Whether a file that is no longer as it was found is left for another time.
    as_found: bool = False
    # For how long a film waits for a server that went away, before that is everybody's end.
    patience_s: float = 0.0
    # What could not be given back while it was away, by path.
    unreturned: dict[str, Claim] = field(default_factory=dict)


def due(
    found: Iterable[Found | Unreadable], wanted: Wanted, store: Store, tell: Tell, *, force: bool
) -> list[Found]:
    """Return the films that may need work, telling from size and time alone which do not.

    Opens no film and no network: a library that has not changed is done with in no time.
    """
    left: list[Found] = []
    # Walked to its end first: no transaction is held open while folders are read.
    everything = list(found)
    with store.reading() as db:
        for one in everything:
            if isinstance(one, Unreadable):
                tell(Refused(one.path, one.reason))
                continue
            film_id = films.known_at(db, one.location)
            if film_id is not None and not force and _is_current(db, film_id, wanted):
                tell(Skipped(one.path, "already indexed"))
            else:
                left.append(one)
    return left


def index_all(found: Iterable[Found], desk: Desk, parallel: int) -> None:
    """Index films, `parallel` of them at a time, telling how each fares.

    What one film does wrong is told and stays its own. Raises StoreError, and whatever interrupts;
    films under way are then given back to the queue.
    """
    with ThreadPoolExecutor(parallel, thread_name_prefix="film") as pool:
        under_way: set[Future[Ended]] = set()
        try:
            for one in found:
                if len(under_way) == parallel:
                    under_way = _collect(under_way)
                under_way.add(pool.submit(index_found, one, desk))
            while under_way:
                under_way = _collect(under_way)
        except BaseException:
            desk.stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _collect(under_way: set["Future[Ended]"]) -> set["Future[Ended]"]:
    done, rest = wait(under_way, return_when=FIRST_COMPLETED)
    for future in done:
        future.result()
    return rest


def index_found(found: Found, desk: Desk) -> Ended:
    """Index one film; tell how it fares, and return how it ended.

    Raises StoreError, which is everybody's.
    """
    ended = _ended(found, desk)
    desk.tell(ended)
    return ended


def _ended(found: Found, desk: Desk) -> Ended:
    while True:
        try:
            return _tried(found, desk)
        except UnreachableError as error:
            if not wait_until_back(desk.store, desk.patience_s, desk.stop):
                raise _everybodys(found, error) from error
            _give_back(found, desk)


def _give_back(found: Found, desk: Desk) -> None:
    """Give back a film that was held when the server went away; its next attempt goes on."""
    if claim := desk.unreturned.pop(found.path, None):
        with suppress(StoreError, ClaimLostError), desk.store.writing(beside=True) as db:
            jobs.release(db, claim, wall_clock_us())


def _everybodys(found: Found, error: StoreError) -> StoreError:
    return StoreError(f"while indexing {show_path(os.fsencode(found.path))}: {error}")


def _tried(found: Found, desk: Desk) -> Ended:
    try:
        fd = os.open(found.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if desk.as_found and location_of(fd, found.path) != found.location:
                return Skipped(found.path, "changed; it is taken when it has settled")
            return _index_open(fd, found.path, desk)
        finally:
            os.close(fd)
    except (_Stopped, ChildInterrupted):
        return Skipped(found.path, "interrupted")
    except UnreachableError:
        raise
    except StoreError as error:
        # The database is everybody's: no other film would fare better.
        raise _everybodys(found, error) from error
    except FilmdexError as error:
        return Refused(found.path, str(error))
    except OSError as error:
        elsewhere = why_not_here(os.fsencode(found.path), desk.store.roots)
        return Refused(found.path, elsewhere or error.strerror or str(error))
    except Exception as error:  # noqa: BLE001  around one film, so that the others go on
        reason = f"unexpected {type(error).__name__}: {error}; please report this"
        return Refused(found.path, reason)


def _is_current(db: Connection, film_id: int, wanted: Wanted) -> bool:
    run = runs.current(db, film_id)
    return run is not None and wanted.is_met_by(run)


def _index_open(fd: int, path: str, desk: Desk) -> Ended:
    seen = location_of(fd, path)
    if not seen.size:
        raise MediaError("empty (0 bytes)")
    identity = fingerprint(fd)
    with desk.store.reading() as db:
        places = films.places(db, identity)
    # Asked outside of any transaction: a file system that hangs must not hold up other writers.
    left = {place for place in places if desk.gone(place)}
    with desk.store.writing() as db:
        film_id = films.record(db, identity, seen, wall_clock_us(), left.__contains__)
        current = not desk.force and _is_current(db, film_id, desk.wanted)
        failure = jobs.last_failure(db, film_id)
    if current:
        return Skipped(path, "already indexed: its content is known")
    # Limits and crashes may go otherwise next time; a damaged file stays damaged.
    if failure and failure.kind == MediaError.__name__ and not desk.force:
        raise MediaError(f"{failure.reason} (unchanged since it failed; --force tries again)")
    with desk.store.writing(beside=True) as db:
        claim = jobs.claim(db, film_id, this_process(), lives, wall_clock_us())
        worn_out = None if claim else jobs.last_failure(db, film_id)
    if claim:
        return _index_claimed(OpenFilm(fd, identity, seen), path, claim, desk)
    if worn_out:
        return Refused(path, worn_out.reason)
    return Skipped(path, "being indexed already")


def _index_claimed(film: OpenFilm, path: str, claim: Claim, desk: Desk) -> Ended:
    def check() -> None:
        if desk.stop.is_set():
            raise _Stopped

    desk.tell(Started(path))
    began_s = time.monotonic()
    try:
        outcome = index_film(
            film,
            claim,
            desk.plan,
            desk.view,
            desk.store,
            wall_clock_us,
            lambda position: desk.tell(Advanced(path, position)),
            check,
        )
    except (MediaError, WorkerError, ModelError, OSError) as error:
        _note_failure(claim, error, desk.store)
        raise
    except ClaimLostError:
        raise  # there is nothing left to give back
    except UnreachableError:
        desk.unreturned[path] = claim
        raise
    except BaseException:
        # Not the film's fault. If it cannot be written, the claim ends with this process.
        with suppress(StoreError), desk.store.writing(beside=True) as db:
            jobs.release(db, claim, wall_clock_us())
        raise
    return Finished(path, claim.film_id, outcome, time.monotonic() - began_s)


def _note_failure(claim: Claim, error: Exception, store: Store) -> None:
    """End an attempt as `retrying` decides; what can be no further attempt's start goes."""
    kind, reason, now_us = type(error).__name__, str(error), wall_clock_us()
    with store.writing(beside=True) as db:
        before = jobs.spent(db, claim.film_id)
        match decide(error, before.attempts, before.setbacks):
            case Again(after_us, charged):
                not_before_us = now_us + after_us
                jobs.end_for_now(db, claim, kind, reason, now_us, not_before_us, charged=charged)
            case GiveUp():
                jobs.end_failed(db, claim, kind, reason, now_us)
                runs.abandon_all(db, claim.film_id)
