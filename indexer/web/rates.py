"""How often somebody may ask: a bucket that fills evenly and is emptied by asking.

Pure but for the clock that is passed in. The leaky bucket as a meter: ITU-T I.371, annex A.
"""

import threading
from dataclasses import dataclass, field

# A table of this many addresses is looked through for those that have long been full again.
MOST_KNOWN = 10_000


@dataclass(slots=True)
class Rates:
    """Lets each key ask `burst` times at once, and `rate` times a second in the long run."""

    rate: float
    burst: float
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if self.rate <= 0 or self.burst < 1:
            raise ValueError(f"nobody could ever ask: {self.rate} a second, {self.burst} at once")

    def take(self, key: str, now_s: float) -> float:
        """Ask once; return 0 if that is allowed, else in how many seconds it will be."""
        with self._lock:
            left = self._filled(key, now_s)
            if left < 1:
                return (1 - left) / self.rate
            self._note(key, left - 1, now_s)
            return 0.0

    def wait_s(self, key: str, now_s: float) -> float:
        """Return in how many seconds a key may ask, without asking."""
        with self._lock:
            return max(0.0, (1 - self._filled(key, now_s)) / self.rate)

    def _filled(self, key: str, now_s: float) -> float:
        left, then_s = self._left.get(key, (self.burst, now_s))
        return min(self.burst, left + (now_s - then_s) * self.rate)

    def _note(self, key: str, left: float, now_s: float) -> None:
        if len(self._left) >= MOST_KNOWN:
            for known in [one for one in self._left if self._filled(one, now_s) >= self.burst]:
                del self._left[known]
        self._left[key] = left, now_s
