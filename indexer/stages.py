"""Where a film's time goes: what its thread waits for."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")


class Stage(StrEnum):
    """What a film waits for."""

    DECODER = "decoder"
    NETWORK = "network"
    STORING = "storing"


@dataclass(frozen=True, slots=True)
class StageSeconds:
    """How long a film waited for each stage. The stages of several films run side by side."""

    decoder: float
    network: float
    storing: float


@dataclass(slots=True)
class Stopwatch:
    """Adds up what one thread spends in each stage, by a clock that does not jump."""

    now_s: Callable[[], float] = time.monotonic
    _spent_s: dict[Stage, float] = field(default_factory=lambda: dict.fromkeys(Stage, 0.0))

    @contextmanager
    def on(self, stage: Stage) -> Iterator[None]:
        """Count what is done within for a stage."""
        began_s = self.now_s()
        try:
            yield
        finally:
            self._spent_s[stage] += self.now_s() - began_s

    def add(self, more: StageSeconds) -> None:
        """Count what another thread spent for this one."""
        for stage in Stage:
            self._spent_s[stage] += getattr(more, stage)

    def each(self, stage: Stage, items: Iterator[T]) -> Iterator[T]:
        """Pass items on, and count the waiting for each, but not what is done with it."""
        while True:
            with self.on(stage):
                try:
                    item = next(items)
                except StopIteration:
                    return
            yield item

    def take(self) -> StageSeconds:
        """Return what was spent since the last time."""
        seconds = self.seconds
        self._spent_s = dict.fromkeys(Stage, 0.0)
        return seconds

    @property
    def seconds(self) -> StageSeconds:
        """What was spent so far."""
        return StageSeconds(**{str(stage): spent for stage, spent in self._spent_s.items()})
