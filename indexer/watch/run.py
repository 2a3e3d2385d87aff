"""Running the loop as a process: signals, systemd, the clock and the load of the machine."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from ...db.errors import ConfigError
from ...db.records import US_PER_SECOND
from ...db.store import Store
from ..settings import Settings
from ..wall import wall_clock_us
from .daemon import Around, Daemon
from .keeper import Now
from .logs import say
from .notify import notify, watchdog_us
from .serving import Server
from .shift import Shift
from .tally import WorkTally

# How long the loop rests when there was nothing to do.
REST_S = 0.5
# systemd is told how it goes this often.
STATUS_S = 5.0
READY = "READY=1"


class Signals:
    """What the process was told from outside; `woken` ends a rest."""

    def __init__(self) -> None:
        self.stop = self.reload = False
        self.woken = threading.Event()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take TERM and INT as the end, and HUP as a new configuration."""
        wanted = {
            signal.SIGTERM: self._end,
            signal.SIGINT: self._end,
            signal.SIGHUP: self._change,
        }
        before = {number: signal.signal(number, does) for number, does in wanted.items()}
        try:
            yield
        finally:
            for number, did in before.items():
                signal.signal(number, did)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.stop = True
        self.woken.set()

    def _change(self, _number: int, _frame: FrameType | None) -> None:
        self.reload = True
        self.woken.set()


def now() -> Now:
    """Read both clocks."""
    return Now(time.monotonic_ns() // 1000, wall_clock_us())


def around() -> Around:
    """Read the time of day and the load of the machine."""
    local = time.localtime()
    return Around(local.tm_hour * 60 + local.tm_min, os.getloadavg()[0])


def run(settings: Settings, store: Store, reload: Callable[[], Settings]) -> bool:
    """Work until told to end; return whether nothing had to be left when the time was up.

    `reload` reads the configuration anew. Raises FilmdexError if the first one cannot be worked by.
    """
    signals = Signals()
    tally = WorkTally(time.monotonic, wall_clock_us)
    daemon = Daemon(store, now(), lambda s, hear, tell: Shift.begin(s, store, hear, tell), tally)
    with signals.listening():
        daemon.begin(settings)
        say(logging.INFO, "started", f"watching {len(settings.watch.roots)} roots")
        with Server(settings.watch.http_port, daemon):
            _work(daemon, signals, reload)
        notify("STOPPING=1")
        ended = daemon.end()
        say(logging.INFO, "ended", "ended" if ended else "ended; some films had to be left")
    return ended


def _work(daemon: Daemon, signals: Signals, reload: Callable[[], Settings]) -> None:
    heart = Heart(daemon)
    while not signals.stop:
        if signals.reload:
            signals.reload = False
            _reload(daemon, reload)
        done = daemon.step(now(), around())
        heart.beat()
        if not done:
            signals.woken.wait(REST_S)
            signals.woken.clear()


def _reload(daemon: Daemon, reload: Callable[[], Settings]) -> None:
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
    try:
        settings = reload()
    except ConfigError as error:
        say(logging.ERROR, "alarm", f"the new configuration is refused: {error}")
    else:
        daemon.change(settings)
    notify(READY)


class Heart:
    """Tells systemd that the loop lives, if it does: fed after a step, and only if work goes on."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        limit_us = watchdog_us()
        self._every_s = None if limit_us is None else limit_us / 4 / US_PER_SECOND
        self._fed_s = self._told_s = float("-inf")
        self._ready = False

    def beat(self) -> None:
        """Say what is due to be said after a step."""
        now_s = time.monotonic()
        if not self._ready:
            self._ready = True
            notify(READY)
        if self._every_s is not None and now_s - self._fed_s >= self._every_s:
            if self._daemon.healthy(now_s):
                notify("WATCHDOG=1")
            self._fed_s = now_s
        if now_s - self._told_s >= STATUS_S and self._daemon.report:
            notify(f"STATUS={self._daemon.report.line}")
            self._told_s = now_s
