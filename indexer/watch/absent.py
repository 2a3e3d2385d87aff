"""Named roots that this host has not mounted: what lies below them is left to other hosts.

A root that the daemon watches is looked after by its keeper. The others are looked at now and then,
in a thread, since to look at a mount whose server is gone may take for ever.
"""

from collections.abc import Mapping

from ...db.records import US_PER_SECOND
from ...db.roots import Roots
from ..elsewhere import not_mounted
from .aside import Aside
from .keeper import Alarm, Now, Tell

LOOK_US = 20 * US_PER_SECOND


class AbsentRoots:
    """Which of some named roots are not here; whatever changes about that is told once."""

    def __init__(self, roots: Roots, tell: Tell) -> None:
        self._roots, self._tell = roots, tell
        self._absent: Mapping[str, str] | None = None
        self._aside = Aside[dict[str, str]]("roots")
        self._asked_us: int | None = None

    def folders(self, now: Now) -> list[bytes]:
        """Look again if it is time; return the folders of roots that are not known to be here."""
        if (absent := self._aside.answer()) is not None:
            self._learn(absent)
        due = self._asked_us is None or now.steady_us - self._asked_us >= LOOK_US
        if due and not self._aside.busy and self._roots.folders:
            self._asked_us = now.steady_us
            self._aside.ask(not_mounted, self._roots)
        known = self._absent
        return [folder for name, folder in self._roots.folders if known is None or name in known]

    def close(self) -> None:
        """Look no more; a look that hangs is left to itself."""
        self._aside.close()

    def _learn(self, absent: Mapping[str, str]) -> None:
        before, self._absent = self._absent or {}, absent
        for name in absent.keys() - before.keys():
            self._tell(Alarm(f"{absent[name]}; films below it are left to other hosts"))
        for name in before.keys() - absent.keys():
            self._tell(Alarm(f"root {name} is mounted again"))
