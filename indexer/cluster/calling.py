"""Calling what runs on other hosts, and what it means if nobody answers. One of the files with Ray.

Ray's handles and references have no types: they end here, and in `fleet.py`.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

import ray
from ray.exceptions import ActorDiedError, RayActorError, RayError, RayTaskError

from ...db.errors import ClusterError
from ..network import Looked
from ..pixels_type import Pixels
from ..viewing import Check
from .hosts import HostLost

# How long to listen before looking whether the whole run is being given up.
LISTEN_S = 0.5
# Pictures of one film that may be under way: enough for full batches, few enough to be held.
PICTURES = 32
# So many actors may die over one picture, or be out of reach.
TRIES = 10


def answer(asked: Any, check: Check) -> Any:
    """Wait for an answer. Raises HostLost, or what whoever was asked raised."""
    while True:
        check()
        ready, _ = ray.wait([asked], timeout=LISTEN_S)
        if ready:
            break
    try:
        return ray.get(asked)
    except RayError as error:
        raise _as_raised(error) from error


def _as_raised(error: RayError) -> Exception:
    cause = getattr(error, "cause", None)
    if isinstance(error, RayTaskError) and isinstance(cause, Exception):
        return cause
    if isinstance(error, RayTaskError):
        return ClusterError(f"a call failed on another host: {_first_words(error)}")
    return HostLost(_first_words(error))


def _first_words(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


class FarLooker:
    """Looks at pictures by having actors do it: those of this host, while there are any."""

    def __init__(self, near: Sequence[Any], far: Sequence[Any]) -> None:
        self._near, self._far = list(near), list(far)
        self._lock = threading.Lock()
        self._turn = 0
        self._room = threading.BoundedSemaphore(PICTURES)

    def submit(self, picture: Pixels) -> "Future[Looked]":
        """See Looker. Waits while PICTURES are under way. Raises HostLost if nobody is left."""
        self._room.acquire()
        told: Future[Looked] = Future()
        self._ask(picture, told)
        return told

    def _ask(self, picture: Pixels, told: "Future[Looked]", tries: int = 0) -> None:
        with self._lock:
            actors = self._near or self._far
            self._turn += 1
            actor = actors[self._turn % len(actors)] if actors else None
        if actor is None:
            self._room.release()
            told.set_exception(HostLost("no actor that looks at pictures is left"))
            return
        asked = actor.look.remote(picture).future()
        asked.add_done_callback(partial(self._answered, actor, picture, told, tries))

    def _answered(
        self,
        actor: Any,
        picture: Pixels,
        told: "Future[Looked]",
        tries: int,
        done: "Future[Looked]",
    ) -> None:
        error = done.exception()
        if isinstance(error, RayActorError) and tries < TRIES:
            if isinstance(error, ActorDiedError):
                self._forget(actor)
            self._ask(picture, told, tries + 1)
            return
        self._room.release()
        if isinstance(error, RayError):
            told.set_exception(_as_raised(error))
        elif error is not None:
            told.set_exception(error)
        else:
            told.set_result(done.result())

    def _forget(self, actor: Any) -> None:
        with self._lock:
            for actors in (self._near, self._far):
                if actor in actors:
                    actors.remove(actor)
