"""A film that another host decodes; if that host is lost, the next goes on from where it was."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ...db.errors import ClusterError, WorkerError
from ...db.records import FilmFacts, show_path
from ...db.roots import Roots
from .. import wire
from ..stages import Stopwatch
from ..viewing import Check, LookedAt, OpenFilm, OtherThanStored, Reached, Shown, View, Viewing
from ..worker import ChildInterrupted, Limits
from .calling import answer
from .filming import Told
from .fleet import Fleet
from .hosts import HostLost
from .opening import FilmOrder, UnseenHere

# A film that loses so many hosts without getting any further is no longer thought innocent.
MOST_LOST = 5


def on(fleet: Fleet, roots: Roots) -> View:
    """Have films decoded by the hosts of a cluster, which know `roots` by their names."""

    @contextmanager
    def view(
        film: OpenFilm, orders: wire.Orders, limits: Limits, check: Check, watch: Stopwatch
    ) -> Iterator[Viewing]:
        order = FilmOrder(
            path=roots.stored(film.seen.path),
            identity=film.identity,
            seen=film.seen,
            orders=orders,
            limits=limits,
            versions=fleet.versions,
            elsewhere=fleet.helpers_elsewhere(film.identity.size),
        )
        viewing = FarViewing(fleet, order, check, watch)
        try:
            yield viewing
        finally:
            viewing.close()

    return view


@dataclass(slots=True)
class FarViewing:
    """One film on one host after another, until one has seen it to its end."""

    fleet: Fleet
    order: FilmOrder
    check: Check
    watch: Stopwatch
    _actor: Any = None
    _promised: FilmFacts | None = None
    _facts: FilmFacts | None = None
    _lost: int = 0
    _unseen: dict[str, str] = field(default_factory=dict)

    def probed(self) -> FilmFacts:
        """See Viewing. Raises ClusterError if no host sees the film."""
        self._promised = self._begun()
        return self._promised

    def shots(self, stored: Sequence[Shown]) -> Iterator[Reached | LookedAt]:
        """See Viewing."""
        known = list(stored)
        while True:
            try:
                yield from self._told(known)
            except (HostLost, ChildInterrupted) as lost:
                self._count(lost)
            else:
                return
            if self._begun() != self._promised:
                raise OtherThanStored

    @property
    def facts(self) -> FilmFacts:
        """See Viewing."""
        if self._facts is None:
            raise RuntimeError("the film has not been seen to its end")
        return self._facts

    def close(self) -> None:
        """End the actor, and the decoding child with it."""
        if self._actor is not None:
            self.fleet.end(self._actor)
            self._actor = None

    def _begun(self) -> FilmFacts:
        """Let a host that may see the film open it; return what its headers say."""
        while True:
            self.close()
            self._actor = self.fleet.film_actor(self.order)
            try:
                facts: FilmFacts = answer(self._actor.probed.remote(), self.check)
            except UnseenHere as unseen:
                self._pass_by(unseen)
            except (HostLost, ChildInterrupted) as lost:
                self._count(lost)
            else:
                return facts

    def _told(self, known: list[Shown]) -> Iterator[Reached | LookedAt]:
        actor, check = self._actor, self.check
        answer(actor.begin.remote(known), check)
        asked = actor.more.remote()
        while True:
            told: Told = answer(asked, check)
            if told.facts is None:
                asked = actor.more.remote()
            self.watch.add(told.waited)
            for event in told.events:
                if isinstance(event, LookedAt):
                    known.append(event.cut)
                    self._lost = 0
                yield event
            if told.facts is not None:
                self._facts = told.facts
                return

    def _pass_by(self, unseen: UnseenHere) -> None:
        """Try no more on a host that does not see the film, nor others beside it."""
        self._unseen[unseen.node_id] = f"host {unseen.host}: {unseen.why}"
        if self.fleet.pass_by(unseen.node_id, self.order.path):
            self.fleet.note(f"{self._unseen[unseen.node_id]}; is its folder mounted there?")
        if not self.fleet.may_see(self.order.path):
            raise ClusterError(
                f"no host sees it ({'; '.join(self._unseen.values()) or 'none did before'}); "
                "mount its folder at the same place on every host, or name it in [roots] on each"
            )

    def _count(self, lost: Exception) -> None:
        self._lost += 1
        name = show_path(self.order.path)
        if self._lost >= MOST_LOST:
            raise WorkerError(f"lost {self._lost} hosts without getting further: {lost}") from lost
        self.fleet.note(f"{name}: lost its host ({lost}); another goes on")
