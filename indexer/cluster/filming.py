"""An actor that decodes one film on its host, has it looked at, and tells its shots bit by bit."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from ...db.errors import ClusterError, WorkerError
from ...db.records import FilmFacts
from ..stages import StageSeconds, Stopwatch
from ..viewing import LookedAt, Looker, Reached, Shown, Viewing, here
from .hosts import HostLost, here_named, versions_here
from .opening import FilmOrder, opened
from .relaying import Relay

# So many shots, or what came within this time, are told at once: a call costs the driver about a
# millisecond, and there may be a thousand films under way.
MOST_TOLD = 64
TELL_S = 2.0


@dataclass(frozen=True, slots=True)
class Told:
    """What came since the last time, and what was waited for; `facts` with the last of it."""

    events: tuple[Reached | LookedAt, ...]
    waited: StageSeconds
    facts: FilmFacts | None


class FilmActor:
    """One film on one host. It ends with its process."""

    def __init__(
        self,
        order: FilmOrder,
        looker: Looker,
        node_id: str,
        helpers: Callable[[], Sequence[Relay]],
    ) -> None:
        self._order, self._looker, self._node_id = order, looker, node_id
        self._helpers = helpers
        self._relays: Sequence[Relay] = ()
        self._watch = Stopwatch()
        self._open = ExitStack()
        self._viewing: Viewing | None = None
        self._shots: Iterator[Reached | LookedAt] = iter(())

    def probed(self) -> FilmFacts:
        """Open the film and see its first frame.

        Raises UnseenHere if it is not there, ClusterError if this host came with other versions.
        """
        order = self._order
        if (ours := versions_here()) != order.versions:
            raise ClusterError(f"host {here_named()} has other versions than the rest: {ours}")
        film = opened(order, self._node_id)
        self._relays = self._helpers()
        view = here(self._looker, [one.fd for one in self._relays])
        self._viewing = self._open.enter_context(
            view(film, order.orders, order.limits, lambda: None, self._watch)
        )
        for relay in self._relays:
            relay.handed_over()
        with self._blaming():
            return self._viewing.probed()

    def begin(self, stored: Sequence[Shown]) -> None:
        """Have the film seen on from the shots that are `stored` already."""
        self._shots = self._seen.shots(stored)

    def more(self) -> Told:
        """Tell what came since the last time."""
        events: list[Reached | LookedAt] = []
        ends_s = time.monotonic() + TELL_S
        with self._blaming():
            for event in self._shots:
                if events and isinstance(event, Reached) and isinstance(events[-1], Reached):
                    events.pop()
                events.append(event)
                if len(events) >= MOST_TOLD or time.monotonic() >= ends_s:
                    return Told(tuple(events), self._watch.take(), None)
        return Told(tuple(events), self._watch.take(), self._seen.facts)

    @contextmanager
    def _blaming(self) -> Iterator[None]:
        """Tell a helper's host that was lost from a fault of the film."""
        try:
            yield
        except WorkerError as error:
            lost = next((one.lost for one in self._relays if one.lost is not None), None)
            if lost is None:
                raise
            raise HostLost(f"a helper on another host: {lost}") from error

    @property
    def _seen(self) -> Viewing:
        if self._viewing is None:
            raise RuntimeError("the film was not opened")
        return self._viewing
