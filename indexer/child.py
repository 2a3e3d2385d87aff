"""The decoding child: `python -I -m filmdex.indexer.child FILM_FD SOCKET_FD PICTURES_FD`.

It is given three open file descriptors and nothing else. It limits itself before it reads the
first byte of the film, parses, decodes, cuts and samples, and answers in the words of `wire.py`.
"""

import ctypes
import mmap
import resource
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from ..db.errors import LimitError, MediaError
from ..db.records import FilmFacts, ShotState
from . import wire
from .cuts import detector_size, find_cuts
from .decode import Decoding, TimedFrame
from .pixels import Scaler, entropy_bits, is_uniform, shown_size
from .pixels_type import Pixels
from .probe import Source, open_source
from .sampling import Gate, Pick
from .shots import Look, ShotEnd, cut_and_sample

# Open files: the three given, the standard three, and what Python's own imports hold briefly.
OPEN_FILES = 32
# The child writes nothing but its last words on stderr.
WRITTEN_BYTES = 65536
PROGRESS_S = 0.2
PR_SET_PDEATHSIG = 1


class Slots:
    """The shared pictures: `(slots, height, width, 3) uint8`, each owned by one side at a time."""

    def __init__(self, fd: int, orders: wire.Orders, line: socket.socket) -> None:
        shape = (orders.slots, orders.height, orders.width, 3)
        memory = mmap.mmap(fd, orders.slots * orders.height * orders.width * 3)
        self._pictures = np.frombuffer(memory, dtype=np.uint8).reshape(shape)
        self._free = list(range(orders.slots))
        self._line = line

    def put(self, picture: Pixels) -> int:
        """Write a picture into a free slot, waiting for the parent to give one back."""
        self._collect(wait=not self._free)
        slot = self._free.pop()
        self._pictures[slot] = picture
        return slot

    def _collect(self, *, wait: bool) -> None:
        while True:
            try:
                packet = self._line.recv(wire.MAX_PACKET, 0 if wait else socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            if not packet:
                raise SystemExit  # the parent is gone
            self._free.append(wire.Release.unpack(packet).slot)
            wait = False


class Teller:
    """Sends messages, and progress no more often than is useful."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._next_s = 0.0

    def say(self, message: wire.FromChild) -> None:
        """Send a message to the parent."""
        self._line.send(wire.pack(message))

    def at(self, position_us: int) -> None:
        """Say how far decoding is, if it is time to."""
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + PROGRESS_S
            self.say(wire.Progress(position_us))


def limit_self(orders: wire.Orders) -> None:
    """Bound data, processor time, files and output; die with the parent."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for what, most in (
        (resource.RLIMIT_DATA, orders.memory_bytes),
        (resource.RLIMIT_CPU, orders.cpu_s),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, WRITTEN_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        bounded = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bounded, bounded))


def facts_so_far(source: Source, decoding: Decoding, first: TimedFrame) -> FilmFacts:
    """State what is known now."""
    width, height = shown_size(first.frame)
    return FilmFacts(
        container=source.container_name,
        codec=source.codec,
        width=width,
        height=height,
        rotation=round(first.frame.rotation) % 360,
        frame_rate=float(source.frame_rate),
        duration_us=decoding.ends_us()[1],
        container_offset_us=decoding.container_offset_us,
        frames=decoding.frames,
        decode_errors=decoding.errors,
    )


def look_at(film_fd: int, slots: Slots, teller: Teller, orders: wire.Orders) -> None:
    """Watch the whole film and tell what was seen."""
    source = open_source(film_fd)
    decoding = Decoding.of(source)
    frames = iter(decoding)
    first = next(frames)
    expected = facts_so_far(source, decoding, first)
    teller.say(wire.Facts(replace(expected, duration_us=_promised_us(source))))

    small = Scaler(*detector_size(expected.width, expected.height), "bgr24")
    large = Scaler(orders.width, orders.height, "rgb24")
    finder = find_cuts(orders.method)
    look: Look[TimedFrame, Pixels] = Look(
        cuts=lambda frame: finder.feed(frame.number, small.pixels(frame.frame)),
        lag=finder.lag,
        picture=lambda frame: large.pixels(frame.frame),
        gate=Gate(entropy_bits, is_uniform, orders.entropy_floor_bits),
        long_us=orders.long_us,
    )
    watched = _watched(first, frames, teller)
    for event in cut_and_sample(watched, look, decoding.ends_us):
        match event:
            case Pick(time_us, picture, state):
                slot = -1 if state is ShotState.BLANK else slots.put(picture)
                teller.say(wire.SampleReady(slot, time_us, state))
            case ShotEnd(span, begins, state):
                teller.say(wire.ShotReady(span, begins, state))
    teller.say(wire.Done(facts_so_far(source, decoding, first)))


def _promised_us(source: Source) -> int:
    return source.container_duration_us or 0


def _watched(first: TimedFrame, rest: Iterator[TimedFrame], teller: Teller) -> Iterator[TimedFrame]:
    yield first
    for frame in rest:
        teller.at(frame.time_us)
        yield frame


def main() -> None:
    """Be the child of one film."""
    film_fd, socket_fd, pictures_fd = map(int, sys.argv[1:])
    line = socket.socket(fileno=socket_fd)
    orders = wire.Orders.unpack(line.recv(wire.MAX_PACKET))
    limit_self(orders)
    cv2.setNumThreads(1)
    teller = Teller(line)
    try:
        look_at(film_fd, Slots(pictures_fd, orders, line), teller, orders)
    except LimitError as error:
        teller.say(wire.Trouble(wire.Blame.LIMIT, str(error)))
    except MediaError as error:
        teller.say(wire.Trouble(wire.Blame.MEDIA, str(error)))
    except (MemoryError, cv2.error) as error:
        megabytes = orders.memory_bytes // 2**20
        reason = f"needs more than {megabytes} MB to decode ({error}); see limits.memory_mb"
        teller.say(wire.Trouble(wire.Blame.LIMIT, reason))
    except OSError as error:
        teller.say(wire.Trouble(wire.Blame.READ, str(error)))
    # Whoever hangs up on unread packets resets the line, and the last message with it.
    while line.recv(wire.MAX_PACKET):
        pass


if __name__ == "__main__":
    main()
