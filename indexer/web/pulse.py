"""How everything stands, told as it changes: read once for all who listen."""

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from ...db import status
from ...db.store import Store
from ..owner import lives
from ..settings import Settings
from ..standing import reports, status_row
from ..wall import wall_clock_us

# Read no more often than this, however many listen.
FRESH_S = 1.0


@dataclass(slots=True)
class Pulse:
    """The library's state, a second old at most."""

    store: Store
    settings: Settings
    _read_s: float = -FRESH_S
    _text: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def text(self) -> str:
        """Return the state as JSON. Raises StoreError."""
        with self._lock:
            now_s = time.monotonic()
            if now_s - self._read_s >= FRESH_S:
                self._text, self._read_s = json.dumps(self._row()), now_s
            return self._text

    def _row(self) -> dict[str, Any]:
        with self.store.reading() as db:
            now = status.read(db, lives, wall_clock_us())
            size = self.store.size_bytes(db)
        return status_row(now, reports(now.daemons), self.settings.database.path, size)
