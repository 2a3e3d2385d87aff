"""Named roots that this host has not mounted: what lies below them is left to other hosts.

A root that the daemon watches is looked after by its keeper. The others are looked at now and then,
in a thread, since to look at a mount whose server is gone may take for ever.
"""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from ...db.records import US_PER_SECOND
from ...db.roots import Roots
from ..elsewhere import not_mounted
from .keeper import Alarm, Now, Tell

LOOK_US = 20 * US_PER_SECOND


class AbsentRoots:
    """Which of some named roots are not here; whatever changes about that is told once."""

    def __init__(self, roots: Roots, tell: Tell) -> None:
        self._roots, self._tell = roots, tell
        self._absent: Mapping[str, str] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="roots")
        self._asked: Future[dict[str, str]] | None = None
        self._asked_us: int | None = None

    def folders(self, now: Now) -> list[bytes]:
        """Look again if it is time; return the folders of roots that are not known to be here."""
        if self._asked is not None and self._asked.done():
            asked, self._asked = self._asked, None
            self._learn(asked.result())
        due = self._asked_us is None or now.steady_us - self._asked_us >= LOOK_US
        if due and self._asked is None and self._roots.folders:
            self._asked_us = now.steady_us
            self._asked = self._pool.submit(not_mounted, self._roots)
        absent = self._absent
        return [folder for name, folder in self._roots.folders if absent is None or name in absent]

    def close(self) -> None:
        """Look no more; a look that hangs is left to itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _learn(self, absent: Mapping[str, str]) -> None:
        before, self._absent = self._absent or {}, absent
        for name in absent.keys() - before.keys():
            self._tell(Alarm(f"{absent[name]}; films below it are left to other hosts"))
        for name in before.keys() - absent.keys():
            self._tell(Alarm(f"root {name} is mounted again"))
