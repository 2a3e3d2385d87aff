"""Taking pictures out of films: so many decoders at a time, and no picture twice at once."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus

from ....db.errors import MediaError
from ....db.records import Film, Indexed
from ...censoring import path_of
from ...render.forking import Forking
from ...render.stills import stills
from ...settings import Settings
from ...worker import Limits
from ..problems import Refused
from .kept import Kept

WIDTHS = (160, 320, 640, 1280)
# Who must wait longer than for so many others is asked to come back.
MOST_WAITING = 200
# A picture is taken in a second, or not at all.
CPU_S, WALL_S = 60, 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """One picture of a film: at a time or the keyframe before it, so wide at most."""

    fingerprint: str
    at_us: int
    exact: bool
    width: int

    @property
    def key(self) -> str:
        """Name the picture by all that it depends on."""
        words = f"1 {self.fingerprint} {self.at_us} {self.exact:d} {self.width}"
        return hashlib.sha256(words.encode()).hexdigest()[:40]


class Frames:
    """The pictures of a running page."""

    def __init__(self, settings: Settings) -> None:
        """Open the folder in which they are kept."""
        web, most = settings.web, settings.limits
        self._kept = Kept(web.frames, web.frames_mb * 2**20)
        self._limits = Limits(most.memory_mb, CPU_S, WALL_S, WALL_S)
        self._forking = Forking()
        self._forking.begin()
        self._pool = ThreadPoolExecutor(web.decoders, thread_name_prefix="frames")
        self._under_way: dict[str, Future[bytes]] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Take no more pictures."""
        self._pool.shutdown(cancel_futures=True)
        self._forking.close()

    def kept(self, wanted: Wanted) -> bytes | None:
        """Return a picture that was taken before."""
        return self._kept.get(wanted.key)

    def take(self, film: Film, wanted: Wanted) -> Future[bytes]:
        """Have a picture taken. Raises Refused if too many wait already."""
        with self._lock:
            under_way = self._under_way.get(wanted.key)
            if under_way is not None:
                return under_way
            if len(self._under_way) >= MOST_WAITING:
                raise Refused(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    "too many pictures are being taken; ask again",
                    {"Retry-After": "2"},
                )
            new = self._pool.submit(self._taken, film, wanted)
            self._under_way[wanted.key] = new
        new.add_done_callback(self._forgetting(wanted.key))
        return new

    def _forgetting(self, key: str) -> Callable[[Future[bytes]], None]:
        def forget(_: Future[bytes]) -> None:
            with self._lock:
                del self._under_way[key]

        return forget

    def _taken(self, film: Film, wanted: Wanted) -> bytes:
        assert isinstance(film.state, Indexed)  # noqa: S101  asked of no other
        offset_us = film.state.facts.container_offset_us
        found = stills(
            path_of(film),
            wanted.fingerprint,
            offset_us,
            [wanted.at_us],
            self._limits,
            width=wanted.width,
            exact=wanted.exact,
            run=self._forking.run,
        )
        if not found:
            raise MediaError(f"{film.title}: no picture can be decoded there")
        self._kept.put(wanted.key, found[0].jpeg)
        return found[0].jpeg
