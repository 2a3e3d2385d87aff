"""The half of the loop that keeps the library's places what the disk says. Driven by `step`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ...db.errors import StoreError
from ...db.records import US_PER_SECOND, show_path
from .changes import Action, Froze, Known, Pass, RootChanges, Take, Thawed
from .eyes import Saw, Unread
from .ledger import Ledger, Recognised

# Files whose content is read before they are written down together.
BATCH = 100
# Events come in bursts: after one, the look is at least this long after the last.
CALM_US = 2 * US_PER_SECOND
# After the database refused, wait this long before anything is asked of it.
REFUSED_US = 10 * US_PER_SECOND


@dataclass(frozen=True, slots=True)
class Now:
    """The time on a clock that never jumps, and on the wall's, which may."""

    steady_us: int
    wall_us: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person should know. `grave`: that they must act on."""

    message: str
    grave: bool = False


Tell = Callable[[Alarm], None]


class Sight(Protocol):
    """Whoever looks at a root: see eyes.Eyes."""

    @property
    def busy(self) -> bool:
        """Whether something was asked, and the answer not yet fetched."""
        ...

    def look(self) -> None:
        """Begin to look at the whole root."""
        ...

    def recognise(self, takes: Sequence[Take]) -> None:
        """Begin to read what settled files hold."""
        ...

    def answer(self) -> Saw | None:
        """Fetch the answer, if it is there."""
        ...

    def close(self) -> None:
        """Ask no more."""
        ...


class Wake(Protocol):
    """Whoever hears of changes, and how often that was `lost`: see waking.Waker."""

    lost: int

    def woken(self) -> bool:
        """Whether something changed since this was last asked."""
        ...

    def how(self) -> str:
        """Say how the root is watched: events, or polling and why."""
        ...

    def refresh(self, look: Pass) -> None:
        """Learn from a look what there is to hear of."""
        ...

    def close(self) -> None:
        """Hear no more."""
        ...


@dataclass(frozen=True, slots=True)
class RootOrders:
    """How one root is kept."""

    path: bytes
    priority: int
    interval_us: int
    settle_us: int


@dataclass(slots=True)
class RootKeeper:
    """One root: looked at when it is time, and what is seen written down."""

    orders: RootOrders
    eyes: Sight
    wake: Wake
    ledger: Ledger
    tell: Tell
    passes: int = 0
    looked_at_us: int | None = None
    taken: int = 0
    unread: dict[bytes, str] = field(default_factory=dict)
    _changes: RootChanges | None = None
    _takes: list[Take] = field(default_factory=list)
    _asked_us: int | None = None
    _not_before_us: int = 0
    _woken: bool = False

    @property
    def frozen(self) -> str | None:
        """Why the root is not touched, if it is not."""
        return self._changes.frozen if self._changes else None

    @property
    def films(self) -> int:
        """How many files of the root are there, as far as is known."""
        known = self._changes.known.values() if self._changes else ()
        return sum(not one.missing for one in known)

    @property
    def looking_since_us(self) -> int | None:
        """Since when an answer is awaited, if one is."""
        return self._asked_us if self.eyes.busy else None

    def step(self, now: Now) -> bool:
        """Go on as far as can be gone without waiting; tell whether anything was done."""
        self._woken |= self.wake.woken()
        if now.steady_us < self._not_before_us:
            return False
        try:
            return self._step(now)
        except StoreError as error:
            # What was seen is not written down: forget it, and look anew when the database is back.
            self._changes = None
            self._takes.clear()
            self._not_before_us = now.steady_us + REFUSED_US
            self.tell(Alarm(f"the library's places cannot be written down: {error}", grave=True))
            return False

    def close(self) -> None:
        """Look no more."""
        self.eyes.close()
        self.wake.close()

    def _step(self, now: Now) -> bool:
        match self.eyes.answer():
            case Pass() as look:
                self._saw(look, now)
            case None:
                if self.eyes.busy:
                    return False
                if not self._takes and not self._is_due(now.steady_us):
                    return False
            case recognised:
                self._recognised(recognised, now)
        self._ask(now)
        return True

    def _is_due(self, steady_us: int) -> bool:
        if self._asked_us is None or self._changes is None:
            return True
        waited_us = steady_us - self._asked_us
        if self._woken and waited_us >= CALM_US:
            return True
        if self._changes.unsettled and waited_us >= self.orders.settle_us:
            return True
        return waited_us >= self.orders.interval_us

    def _ask(self, now: Now) -> None:
        if self._takes:
            self.eyes.recognise(self._takes[:BATCH])
            del self._takes[:BATCH]
        elif self._is_due(now.steady_us):
            self._woken = False
            self._asked_us = now.steady_us
            self.eyes.look()

    def _saw(self, look: Pass, now: Now) -> None:
        changes = self._known()
        if changes.frozen:
            # A person may have accepted the loss meanwhile (`filmdex accept`).
            changes.known = self._reread(changes)
        actions = changes.step(look, now.steady_us)
        self._takes = [one for one in actions if isinstance(one, Take)]
        noted = [one for one in actions if not isinstance(one, (Take, Froze, Thawed))]
        if noted:
            self.ledger.note(noted, now.wall_us)
        self._say(actions, look)
        self.passes += 1
        self.looked_at_us = now.steady_us
        self.wake.refresh(look)

    def _known(self) -> RootChanges:
        if self._changes is None:
            known = self.ledger.known_below(self.orders.path)
            self._changes = RootChanges(self.orders.path, self.orders.settle_us, known)
        return self._changes

    def _reread(self, changes: RootChanges) -> dict[bytes, Known]:
        stored = self.ledger.known_below(self.orders.path)
        held = changes.known
        return {
            path: held[path] if path in held and _same(held[path], one) else one
            for path, one in stored.items()
        }

    def _say(self, actions: Sequence[Action], look: Pass) -> None:
        root = show_path(self.orders.path)
        for one in actions:
            match one:
                case Froze(reason):
                    words = f"root {root} is frozen: {reason}; nothing in it is touched"
                    self.tell(Alarm(words, grave=True))
                case Thawed():
                    self.tell(Alarm(f"root {root} is itself again"))
        for folder, why in look.unread.items():
            if self.unread.get(folder) != why and look.folders:
                self.tell(Alarm(f"{show_path(folder)}: cannot be read: {why}"))
        self.unread = dict(look.unread)

    def _recognised(self, found: Sequence[Recognised | Unread], now: Now) -> None:
        changes = self._known()
        taken = [one for one in found if isinstance(one, Recognised)]
        for one in found:
            if isinstance(one, Unread):
                changes.again(one.path)
                self.tell(Alarm(f"{show_path(one.path)}: not taken yet: {one.reason}"))
        if taken:
            self.ledger.take(taken, self.orders.priority, now.wall_us)
            for one in taken:
                changes.taken(one.location.path)
            self.taken += len(taken)


def _same(held: Known, stored: Known) -> bool:
    return held[:2] == stored[:2] and held.missing == stored.missing
