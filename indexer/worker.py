"""The parent's side of the decoding child: start it, listen to it, outlive it.

The parent never parses media. What the child says is checked (`wire.py`) and believed only as far
as a wrong value can do no harm: a shot must begin where the one before ended, a slot must exist.
"""

import math
import mmap
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO, Self

import numpy as np

from ..db.errors import LimitError, WorkerError
from ..db.records import Boundary, FilmFacts, Sample, ShotState, Span, Transition
from . import wire
from .confinement import environment
from .pixels_type import Pixels

LAST_WORDS = 400
# A child that was told to end, or has ended its side, is gone within this time or is killed.
GRACE_S = 5.0
# How long to listen before looking whether the whole run is being given up.
LISTEN_S = 0.5


@dataclass(frozen=True, slots=True)
class Limits:
    """What one film may take of the machine: see section 6 of docs/design.md."""

    memory_mb: int
    cpu_s: int
    wall_s: int
    silence_s: int


@dataclass(frozen=True, slots=True)
class SeenSample:
    """A sample and its views, `(VIEWS, side, side, 3) uint8` RGB; none if it is blank."""

    sample: Sample
    picture: Pixels | None


@dataclass(frozen=True, slots=True)
class CutShot:
    """A shot as the child found it, not yet looked at by any network."""

    span: Span
    begins: Boundary
    state: ShotState
    samples: tuple[Sample, ...]
    transition: Transition | None = None


@dataclass(frozen=True, slots=True)
class At:
    """How far decoding is."""

    position_us: int


class ChildInterrupted(Exception):
    """The child was told to end, as its whole group is when somebody presses Ctrl-C."""


class Worker:
    """One film's decoding child. Use as a context manager: on leaving, the child is gone."""

    def __init__(
        self,
        film_fd: int,
        orders: wire.Orders,
        limits: Limits,
        check: Callable[[], None],
        lines: Sequence[int] = (),
    ) -> None:
        """Start a child on an open film; `check` is called often, and may raise to give up.

        `lines` are sockets to helpers elsewhere that decode legs of it.
        Raises OSError if the machine has no process or memory to give.
        """
        self._orders, self._limits, self._check = orders, limits, check
        size = math.prod(orders.slots_shape)
        self._pictures_fd = os.memfd_create("filmdex-pictures", os.MFD_CLOEXEC)
        os.ftruncate(self._pictures_fd, size)
        memory = mmap.mmap(self._pictures_fd, size)
        self._pictures = np.frombuffer(memory, np.uint8).reshape(orders.slots_shape)
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.settimeout(LISTEN_S)
        self._ends_s = time.monotonic() + limits.wall_s
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed in close()
        with theirs:
            fds = (film_fd, theirs.fileno(), self._pictures_fd, *lines)
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                [sys.executable, "-I", "-m", f"{__package__}.child", *map(str, fds)],
                pass_fds=fds,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                # One thread for every library.
                env=environment(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1"),
                cwd="/",
                # Ctrl-C is for the parent, which ends its children as it sees fit.
                start_new_session=True,
            )
        with suppress(ConnectionError):  # a child that died is found out by the next receive
            self._line.send(orders.pack())
        self._facts: FilmFacts | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child, gently if it is done, and free what it held."""
        self._line.close()
        try:
            self._process.wait(GRACE_S if self._process.poll() is None and self._facts else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._pictures_fd)
        self._stderr.close()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def probed(self) -> FilmFacts:
        """Wait for the first frame and what the headers say; durations are theirs, unproven."""
        match self._next():
            case wire.Facts(facts):
                return facts
            case other:
                raise WorkerError(f"the decoding process began with {type(other).__name__}")

    def events(self) -> Iterator[SeenSample | CutShot | At]:
        """Yield samples as they are chosen, and each shot after its samples.

        Raises MediaError, LimitError, WorkerError or OSError, as the child fares.
        """
        samples: list[Sample] = []
        stretch = self._orders.stretch
        at_us = 0 if stretch is None else stretch.span.start_us
        while True:
            match self._next():
                case wire.SampleReady() as ready:
                    seen = self._take(ready)
                    samples.append(seen.sample)
                    yield seen
                case wire.ShotReady(span, begins, state, transition):
                    if span.start_us != at_us:
                        raise WorkerError(f"a shot at {span.start_us} us after one to {at_us} us")
                    if any(not span.start_us <= s.time_us < span.end_us for s in samples):
                        raise WorkerError(f"a sample outside its shot, {span}")
                    at_us = span.end_us
                    yield CutShot(span, begins, state, tuple(samples), transition)
                    samples.clear()
                case wire.Progress(position_us):
                    yield At(position_us)
                case wire.Done(facts):
                    self._facts = replace(facts, duration_us=at_us)
                    return
                case wire.Facts():
                    raise WorkerError("the decoding process began twice")

    @property
    def facts(self) -> FilmFacts:
        """What the whole film turned out to be, once `events` has ended."""
        if self._facts is None:
            raise RuntimeError("the film has not been seen to its end")
        return self._facts

    def _take(self, ready: wire.SampleReady) -> SeenSample:
        sample = Sample(ready.time_us, ready.state)
        if ready.slot == -1:
            return SeenSample(sample, None)
        if not 0 <= ready.slot < self._orders.slots:
            raise WorkerError(f"the decoding process named slot {ready.slot}, which does not exist")
        picture = self._pictures[ready.slot].copy()
        with suppress(ConnectionError):  # a child that died is found out by the next receive
            self._line.send(wire.Release(ready.slot).pack())
        return SeenSample(sample, picture)

    def _next(self) -> wire.FromChild:
        packet = self._packet()
        if not packet:
            raise self._death()
        message = wire.unpack(packet)
        if isinstance(message, wire.Trouble):
            raise message.as_error()
        return message

    def _packet(self) -> bytes:
        """Wait for a packet; none at all if the child is gone."""
        silent_since_s = time.monotonic()
        while True:
            self._check()
            now_s = time.monotonic()
            if now_s > self._ends_s:
                raise LimitError(f"took over {self._limits.wall_s} s; see limits.wall_seconds")
            try:
                return self._line.recv(wire.MAX_PACKET)
            except TimeoutError as error:
                if now_s - silent_since_s >= self._limits.silence_s:
                    raise LimitError(
                        f"decoding hung: nothing for {self._limits.silence_s} s; "
                        "see limits.silence_seconds"
                    ) from error
            except ConnectionError:
                return b""

    def _death(self) -> Exception | type[Exception]:
        code = self._process.wait()
        if code == -signal.SIGXCPU:
            return LimitError(
                f"took more than {self._limits.cpu_s} s of processor time; see limits.cpu_seconds"
            )
        if code in (-signal.SIGINT, -signal.SIGTERM):
            return ChildInterrupted
        if code == -signal.SIGKILL:
            return WorkerError("the decoding process was killed; was the machine out of memory?")
        if code < 0:
            return WorkerError(f"the decoding process crashed ({signal.Signals(-code).name})")
        self._stderr.seek(0)
        lines = self._stderr.read().decode("utf-8", "replace").split("\n")
        words = next((line for line in reversed(lines) if line.strip()), "")[:LAST_WORDS]
        return WorkerError(f"the decoding process ended with code {code}: {words}")
