"""Decoding a film that needs no file, to see whether the decoding child works here."""

import os

from ..db.errors import WorkerError
from ..db.records import US_PER_SECOND, Precision
from . import wire
from .cuts_method import CutMethod
from .framing_names import FramingName
from .settings import Settings
from .worker import CutShot, Limits, Worker

WIDTH, HEIGHT, FRAMES = 64, 48, 25


def tiny_film() -> bytes:
    """One second of moving grey in YUV4MPEG2, which is a line of text and then plain bytes."""
    header = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES}:1 Ip A1:1 C420\n".encode()
    chroma = b"\x80" * (WIDTH * HEIGHT // 2)
    frames = (
        b"FRAME\n" + bytes((16 + n + i) % 220 for i in range(WIDTH * HEIGHT)) + chroma
        for n in range(FRAMES)
    )
    return header + b"".join(frames)


def decode_one_picture(settings: Settings) -> str:
    """Run the decoding child on the tiny film and describe it.

    Raises WorkerError if what comes back is not that film, and whatever a film's child may raise.
    """
    fd = os.memfd_create("filmdex-selftest", os.MFD_CLOEXEC)
    try:
        os.write(fd, tiny_film())
        limits = Limits(settings.limits.memory_mb, cpu_s=60, wall_s=60, silence_s=30)
        orders = wire.Orders(
            precision=Precision.EXACT,
            # What asks for most, so that nothing that is missing is found out in the night.
            method=CutMethod.TRANSNET,
            gap_us=12_000_000,
            framings=(FramingName.SQUASH, FramingName.SQUASH),
            side=HEIGHT,
            slots=4,
            long_us=10 * US_PER_SECOND,
            entropy_floor_bits=0.0,
            memory_bytes=settings.limits.memory_mb * 2**20,
            cpu_s=60,
        )
        with Worker(fd, orders, limits, lambda: None) as worker:
            worker.probed()
            shots = [event for event in worker.events() if isinstance(event, CutShot)]
            frames = worker.facts.frames
    finally:
        os.close(fd)
    if len(shots) != 1 or frames != FRAMES:
        raise WorkerError(f"the decoder saw {len(shots)} shots and {frames} frames, not 1 and 25")
    return f"a child process decoded {frames} frames within its limits"
