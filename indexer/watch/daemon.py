"""The loop: look at the roots, keep films under way, tell how it goes. Driven by `step`."""

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from ...db import daemons, work
from ...db.errors import FilmdexError, StoreError
from ...db.records import US_PER_SECOND, show_path
from ...db.store import Store
from ..indexing import Event, Finished, Refused
from ..owner import lives, this_process
from ..settings import Settings
from .keeper import Alarm, Now, RootKeeper
from .logs import say
from .report import FilmReport, PassReport, ProblemReport, Report, RootReport
from .shift import Shift
from .tally import Problem, WorkTally

# How long films under way may take to stop, of the ten seconds that a service has (design, 7).
DRAIN_S = 8.0
# A report is stored this often while there is work, and this often when there is none.
TELL_US = 5 * US_PER_SECOND
TELL_IDLE_US = 300 * US_PER_SECOND
# The database is asked this often whether a person has paused the work.
PAUSE_US = 2 * US_PER_SECOND
# A film that says nothing for this many times its limit of silence has taken the loop with it.
SILENCES = 3


@dataclass(frozen=True, slots=True)
class Around:
    """What the world is like: the minute of the day, and the load average of the last minute."""

    minute: int
    load: float


@dataclass(slots=True)
class Daemon:
    """One process that keeps a library indexed."""

    store: Store
    started: Now
    make_shift: Callable[[Settings, Callable[[Event], None], Callable[[Alarm], None]], Shift]
    tally: WorkTally
    report: Report | None = None
    shift: Shift | None = None
    steps: int = 0
    _paused: bool = False
    _asked_us: int | None = None
    _told: tuple[str, int] = ("", -TELL_IDLE_US)
    _alarms: list[Problem] = field(default_factory=list)
    _stepped: Now | None = None

    @property
    def _now(self) -> Now:
        return self._stepped or self.started

    def begin(self, settings: Settings) -> None:
        """Begin to work by a configuration. Raises FilmdexError if it cannot be worked by."""
        self.shift = self.make_shift(settings, self._hear, self._alarm)
        with self.store.writing() as db:
            daemons.forget_dead(db, lives, self.started.wall_us)

    def change(self, settings: Settings) -> bool:
        """Work by another configuration from now on; one that cannot be is refused."""
        before = self._shift
        try:
            if settings.database != before.settings.database:
                raise StoreError("another database needs a restart")
            after = self.make_shift(settings, self._hear, self._alarm)
        except FilmdexError as error:
            self._alarm(Alarm(f"the new configuration is refused: {error}", grave=True))
            return False
        before.end(DRAIN_S)
        self.shift = after
        say(logging.INFO, "reloaded", "the new configuration is in force")
        return True

    def step(self, now: Now, around: Around) -> bool:
        """Go on with everything that can be gone on with; tell whether anything was done."""
        shift, self._stepped = self._shift, now
        self._ask_whether_paused(now)
        state = self._state(around)
        taken_before = sum(keeper.taken for keeper in shift.keepers)
        done = [keeper.step(now) for keeper in shift.keepers]
        frozen = [keeper.orders.path for keeper in shift.keepers if keeper.frozen]
        if sum(keeper.taken for keeper in shift.keepers) > taken_before:
            shift.foreman.hurry()
        done.append(
            shift.foreman.step(
                now,
                begin=state == "working",
                go_on=state in ("working", "waiting for a lower load"),
                not_below=[*frozen, *shift.absent.folders(now)],
            )
        )
        self.steps += 1
        self._tell(state, now)
        return any(done)

    def healthy(self, now_s: float) -> bool:
        """Whether the work makes progress: the loop steps, and what is under way is heard of."""
        limit_s = SILENCES * self._shift.settings.limits.silence_seconds
        return not self._shift.foreman.under_way or now_s - self.tally.heard_s < limit_s

    def end(self) -> bool:
        """Stop within DRAIN_S, keeping what is finished; tell whether nothing had to be left."""
        ended = self._shift.end(DRAIN_S)
        with suppress(StoreError), self.store.writing() as db:
            daemons.forget(db, this_process())
        return ended

    @property
    def _shift(self) -> Shift:
        if self.shift is None:
            raise RuntimeError("the daemon has not begun")
        return self.shift

    def _ask_whether_paused(self, now: Now) -> None:
        if self._asked_us is not None and now.steady_us - self._asked_us < PAUSE_US:
            return
        self._asked_us = now.steady_us
        try:
            with self.store.reading() as db:
                paused = daemons.paused_since_us(db) is not None
        except StoreError as error:
            self._alarm(Alarm(f"the library cannot be read: {error}", grave=True))
            return
        if paused != self._paused:
            say(logging.INFO, "paused" if paused else "resumed", "by a person")
            self._shift.foreman.hurry()
        self._paused = paused

    def _state(self, around: Around) -> str:
        most = self._shift.settings.watch.most_load
        if self._paused:
            return "paused"
        if not self._shift.windows.open_at(around.minute):
            return "outside its hours"
        if most and around.load > most:
            return "waiting for a lower load"
        return "working"

    def _hear(self, event: Event) -> None:
        """Take in what indexing tells; called from its threads."""
        self.tally.hear(event)
        match event:
            case Finished(path, film_id, outcome, seconds):
                film_s = outcome.facts.duration_us / US_PER_SECOND
                say(
                    logging.INFO,
                    "indexed",
                    f"indexed {path}: {outcome.shots} shots, {film_s / max(seconds, 1e-3):.1f} "
                    "times real time",
                    path=path,
                    film_id=film_id,
                    shots=outcome.shots,
                    film_seconds=film_s,
                    seconds=seconds,
                )
            case Refused(path, reason):
                say(logging.WARNING, "refused", f"{path}: {reason}", path=path, reason=reason)

    def _alarm(self, alarm: Alarm) -> None:
        level = logging.ERROR if alarm.grave else logging.WARNING
        say(level, "alarm" if alarm.grave else "notice", alarm.message)
        self._alarms.append(Problem("", alarm.message, self._now.wall_us))
        del self._alarms[:-10]

    def _tell(self, state: str, now: Now) -> None:
        """Store a report if it is time; a library that rests is not written to for nothing."""
        what, told_us = self._told
        active = bool(self._shift.foreman.under_way)
        gist = _gist(state, self._shift.keepers, active=active)
        waited_us = now.steady_us - told_us
        if waited_us < TELL_US or (gist == what and not active and waited_us < TELL_IDLE_US):
            return
        self._told = gist, now.steady_us
        try:
            self.report = self._report(state, now)
            with self.store.writing(beside=True) as db:
                daemons.tell(db, this_process(), self.report.dumps(), now.wall_us)
        except StoreError as error:
            say(logging.ERROR, "alarm", f"the report cannot be stored: {error}")

    def _report(self, state: str, now: Now) -> Report:
        shift, count = self._shift, self.tally.count()
        with self.store.reading() as db:
            left = [
                PassReport(
                    desk.wanted.settings.precision,
                    *work.left(db, desk.wanted.model_digest, desk.wanted.settings),
                )
                for desk in shift.foreman.desks
            ]
            bytes_a_second = work.bytes_a_second(db)
        idle = not count.under_way and not left[0].films and state == "working"
        return Report(
            pid=os.getpid(),
            state="idle" if idle else state,
            started_us=self.started.wall_us,
            provider=str(shift.network.provider),
            model=f"{shift.network.facts.name} {shift.network.facts.version}",
            parallel=shift.foreman.places,
            films_done=count.films,
            films_refused=count.refused,
            shots_done=count.shots,
            film_seconds_done=count.film_s,
            decode_errors=count.decode_errors,
            waited_s=count.waited_s,
            times_real_time=count.times_real_time,
            left_s=_left_s(left, bytes_a_second, count.times_real_time),
            roots=[_root_report(keeper, now) for keeper in shift.keepers],
            left=left,
            under_way=[
                FilmReport(path, at.position_us, at.duration_us, at.shots)
                for path, at in count.under_way
            ],
            problems=[
                ProblemReport(one.path, one.reason, one.at_us)
                for one in (*count.problems, *self._alarms)
            ],
        )


def _gist(state: str, keepers: tuple[RootKeeper, ...], *, active: bool) -> str:
    """Return what a report is stored anew for, whatever the time."""
    roots = [(keeper.frozen, keeper.wake.how(), keeper.films) for keeper in keepers]
    return repr((state, active, roots))


def _root_report(keeper: RootKeeper, now: Now) -> RootReport:
    def on_the_wall(steady_us: int | None) -> int | None:
        return None if steady_us is None else now.wall_us - (now.steady_us - steady_us)

    return RootReport(
        path=show_path(keeper.orders.path),
        how=keeper.wake.how(),
        films=keeper.films,
        looked_at_us=on_the_wall(keeper.looked_at_us),
        looking_since_us=on_the_wall(keeper.looking_since_us),
        frozen=keeper.frozen,
        unread=len(keeper.unread),
        lost_watches=keeper.wake.lost,
    )


def _left_s(
    left: list[PassReport], bytes_a_second: float | None, times_real_time: float
) -> float | None:
    """Say how long the first pass that has anything left takes, at the rate of late."""
    first = next((one for one in left if one.films), None)
    if first is None:
        return 0.0
    if not bytes_a_second or not times_real_time:
        return None
    return first.bytes / bytes_a_second / times_real_time
