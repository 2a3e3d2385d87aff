"""Decoding for the tests: a child on a file, with limits that a test may tighten."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filmdex.db.records import FilmFacts, Precision
from filmdex.indexer.cuts_method import CutMethod
from filmdex.indexer.decoder_names import DecoderName
from filmdex.indexer.framing_names import FramingName
from filmdex.indexer.stretch import Stretch
from filmdex.indexer.wire import LEG_US, Orders
from filmdex.indexer.worker import CutShot, Limits, SeenSample, Worker

LIMITS = Limits(memory_mb=2048, cpu_s=60, wall_s=60, silence_s=30)
SIZE = 32


@dataclass(frozen=True)
class Seen:
    """Everything that a child found."""

    facts: FilmFacts
    shots: list[CutShot]
    samples: list[SeenSample]

    @property
    def cuts_us(self) -> list[int]:
        return [shot.span.start_us for shot in self.shots[1:]]


def orders_of(
    limits: Limits = LIMITS,
    long_us: int = 10_000_000,
    precision: Precision = Precision.EXACT,
    method: CutMethod = CutMethod.HYBRID,
    decoder: DecoderName = DecoderName.SOFTWARE,
    stretch: Stretch | None = None,
    helpers: int = 0,
    leg_us: int = LEG_US,
) -> Orders:
    """Say how a child is to look at a film."""
    return Orders(
        precision=precision,
        method=method,
        gap_us=12_000_000,
        framings=(FramingName.SQUASH, FramingName.CENTRE),
        side=SIZE,
        slots=4,
        long_us=long_us,
        entropy_floor_bits=3.0,
        memory_bytes=limits.memory_mb * 2**20,
        cpu_s=limits.cpu_s,
        decoder=decoder,
        stretch=stretch,
        helpers=helpers,
        leg_us=leg_us,
    )


@contextmanager
def child_on(
    path: Path,
    limits: Limits = LIMITS,
    long_us: int = 10_000_000,
    precision: Precision = Precision.EXACT,
    method: CutMethod = CutMethod.HYBRID,
    decoder: DecoderName = DecoderName.SOFTWARE,
    stretch: Stretch | None = None,
    helpers: int = 0,
    leg_us: int = LEG_US,
    lines: Sequence[int] = (),
) -> Iterator[Worker]:
    """Start a child on a file."""
    fd = os.open(path, os.O_RDONLY)
    orders = orders_of(limits, long_us, precision, method, decoder, stretch, helpers, leg_us)
    try:
        with Worker(fd, orders, limits, lambda: None, lines) as worker:
            yield worker
    finally:
        os.close(fd)


def see(
    path: Path,
    limits: Limits = LIMITS,
    long_us: int = 10_000_000,
    precision: Precision = Precision.EXACT,
    method: CutMethod = CutMethod.HYBRID,
    decoder: DecoderName = DecoderName.SOFTWARE,
    stretch: Stretch | None = None,
    helpers: int = 0,
    leg_us: int = LEG_US,
    lines: Sequence[int] = (),
) -> Seen:
    """Let a child see a whole film."""
    with child_on(
        path, limits, long_us, precision, method, decoder, stretch, helpers, leg_us, lines
    ) as worker:
        worker.probed()
        events = list(worker.events())
        return Seen(
            worker.facts,
            [event for event in events if isinstance(event, CutShot)],
            [event for event in events if isinstance(event, SeenSample)],
        )
