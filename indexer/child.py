"""The decoding child: `python -I -m filmdex.indexer.child FILM_FD SOCKET_FD PICTURES_FD`.

It is given three open file descriptors and nothing else, but for sockets to helpers on other hosts
if there are any. It limits itself before it reads the first byte of the film, parses, decodes, cuts
and samples, and answers in the words of `wire.py`.
"""

import itertools
import math
import mmap
import resource
import socket
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from ..db.records import FilmFacts, Precision, ShotState
from . import wire
from .confinement import confine
from .cuts import find_cuts
from .decode import container_offset_us
from .decoder_names import DecoderName
from .exact import CANDIDATE_BYTES, Opening, SeenFrame, all_frames, eye_for, network_scaler
from .framing import views
from .keyframes import SparseLook, group_and_sample
from .leg_client import Closable, Helper
from .pixels import Scaler, entropy_bits, frame_bytes, is_uniform, shown_size
from .pixels_type import Pixels
from .probe import Source, open_source
from .sampling import Gate, Pick
from .shots import Look, ShotEnd, cut_and_sample
from .sparse import SparseDecoding, SparseFrame
from .troubles import REPORTED, trouble
from .watching import Watching

Event = Pick[Pixels] | ShotEnd


class _Timed(Protocol):
    @property
    def time_us(self) -> int: ...


F = TypeVar("F", bound=_Timed)


# Open files: the three given, the standard three, and what Python's own imports hold briefly.
OPEN_FILES = 32
# A device's driver opens more than that by itself.
OPEN_FILES_WITH_DEVICE = 256
# A line to it, and the film once more while it begins.
FILES_OF_HELPER = 2
# The child writes nothing but its last words on stderr.
WRITTEN_BYTES = 65536
PROGRESS_S = 0.2


class Slots:
    """The shared pictures, `Orders.slots_shape` uint8: each slot is owned by one side at a time."""

    def __init__(self, fd: int, orders: wire.Orders, line: socket.socket) -> None:
        shape = orders.slots_shape
        memory = mmap.mmap(fd, math.prod(shape))
        self._pictures = np.frombuffer(memory, dtype=np.uint8).reshape(shape)
        self._free = list(range(orders.slots))
        self._line = line

    def put(self, views: Pixels) -> int:
        """Write a picture's views into a free slot, waiting for the parent to give one back."""
        self._collect(wait=not self._free)
        slot = self._free.pop()
        self._pictures[slot] = views
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

    def begin(self, source: Source, watching: Watching, first: VideoFrame) -> None:
        """Tell what is known after the first frame; the length is the header's promise."""
        promised_us = source.container_duration_us or 0
        self.say(wire.Facts(replace(_facts(source, watching, first), duration_us=promised_us)))

    def watched(self, frames: Iterable[F]) -> Iterator[F]:
        """Pass frames on, and tell a few times a second how far they are."""
        for frame in frames:
            now_s = time.monotonic()
            if now_s >= self._next_s:
                self._next_s = now_s + PROGRESS_S
                self.say(wire.Progress(frame.time_us))
            yield frame

    def end(
        self, source: Source, watching: Watching, first: VideoFrame, network_frames: int = 0
    ) -> None:
        """Tell that the film was seen to its end, and what it turned out to be."""
        self.say(wire.Done(_facts(source, watching, first, network_frames)))


def _facts(
    source: Source, watching: Watching, first: VideoFrame, network_frames: int = 0
) -> FilmFacts:
    width, height = shown_size(first)
    return FilmFacts(
        container=source.container_name,
        codec=source.codec,
        width=width,
        height=height,
        rotation=round(first.rotation) % 360,
        frame_rate=float(source.frame_rate),
        duration_us=watching.ends_us()[1],
        container_offset_us=container_offset_us(source, watching.first_us),
        frames=watching.film_frames,
        decode_errors=watching.errors,
        network_frames=network_frames,
    )


def limit_self(orders: wire.Orders, lines: int = 0) -> None:
    """Bound data, processor time, files and output; die with the parent."""
    with_device = orders.decoder is not DecoderName.SOFTWARE
    confine(
        {
            resource.RLIMIT_DATA: orders.memory_bytes,
            resource.RLIMIT_CPU: orders.cpu_s,
            resource.RLIMIT_NOFILE: (OPEN_FILES_WITH_DEVICE if with_device else OPEN_FILES)
            + FILES_OF_HELPER * orders.helpers
            + lines,
            resource.RLIMIT_FSIZE: WRITTEN_BYTES,
        }
    )


class ChangeMeter:
    """Tells of two frames in a row, by their thumbnails, whether they show different shots."""

    SIZE = 64, 36
    # Mean difference of thumbnails, 0 to 255. Neighbouring keyframes of one shot differ by 0 to 35,
    # of two shots by 15 to 80; this costs a tenth of the cuts and gives a fifth too many.
    CHANGED = 18.0

    def __init__(self) -> None:
        self._scaler = Scaler(*self.SIZE, "rgb24")
        self._before: npt.NDArray[np.int16] | None = None

    def changed(self, frame: VideoFrame) -> bool:
        """Compare a frame with the one that was shown before; the first has not changed."""
        before, now = self._before, self._scaler.pixels(frame).astype(np.int16)
        self._before = now
        return before is not None and float(np.abs(now - before).mean()) >= self.CHANGED


def look_at(
    film_fd: int,
    slots: Slots,
    teller: Teller,
    orders: wire.Orders,
    own: Iterable[Closable],
    elsewhere: Sequence[Helper],
) -> None:
    """Watch the whole film and tell what was seen; `own` is what no helper may hold open."""
    source = open_source(film_fd, orders.decoder)
    match orders.precision:
        case Precision.EXACT:
            events = exactly(film_fd, source, teller, orders, own, elsewhere)
        case Precision.KEYFRAMES:
            events = by_keyframes(source, teller, orders)
    for event in events:
        match event:
            case Pick(time_us, picture, state):
                blank = state is ShotState.BLANK
                slot = -1 if blank else slots.put(views(picture, orders.framings, orders.side))
                teller.say(wire.SampleReady(slot, time_us, state))
            case ShotEnd(span, begins, state, transition):
                teller.say(wire.ShotReady(span, begins, state, transition))


def exactly(
    film_fd: int,
    source: Source,
    teller: Teller,
    orders: wire.Orders,
    own: Iterable[Closable],
    elsewhere: Sequence[Helper],
) -> Iterator[Event]:
    """Decode every frame, of the whole film or of a stretch; boundaries are exact."""
    opening = Opening.of(source, orders)
    first = opening.first.frame
    finder = find_cuts(orders.method)
    eye = eye_for(source, opening, finder, orders)
    teller.begin(source, opening.decoding, first)
    start_us = 0 if orders.stretch is None else orders.stretch.span.start_us
    with all_frames(film_fd, source, opening, eye, orders, own, elsewhere) as seen:
        look: Look[SeenFrame, Pixels] = Look(
            cuts=lambda frame: finder.feed(frame.number, frame.time_us, frame.thumbnail()),
            rest=finder.rest,
            lag=finder.lag,
            every=eye.every,
            frame_us=eye.frame_us,
            unmade=seen.unmade,
            picture=lambda frame: frame.picture(),
            gate=Gate(entropy_bits, is_uniform, orders.entropy_floor_bits),
            long_us=orders.long_us,
        )
        ends_us = seen.watching.ends_us
        yield from cut_and_sample(teller.watched(seen.frames), look, ends_us, start_us)
        teller.end(source, seen.watching, first, finder.shown)


def by_keyframes(source: Source, teller: Teller, orders: wire.Orders) -> Iterator[Event]:
    """Decode keyframes, and more where they are far apart; boundaries are brackets."""
    decoding = SparseDecoding.of(source, orders.gap_us)
    frames = iter(decoding)
    first = next(frames)
    large = network_scaler(source, first.frame, orders.side)
    meter = ChangeMeter()
    look: SparseLook[SparseFrame, Pixels] = SparseLook(
        changed=lambda frame: meter.changed(frame.frame),
        unmade=CANDIDATE_BYTES // frame_bytes(first.frame),
        picture=lambda frame: large.pixels(frame.frame),
        gate=Gate(entropy_bits, is_uniform, orders.entropy_floor_bits),
        long_us=orders.long_us,
    )
    teller.begin(source, decoding, first.frame)
    yield from group_and_sample(
        teller.watched(itertools.chain([first], frames)), look, decoding.ends_us
    )
    teller.end(source, decoding, first.frame)


def main() -> None:
    """Be the child of one film."""
    film_fd, socket_fd, pictures_fd, *line_fds = map(int, sys.argv[1:])
    line = socket.socket(fileno=socket_fd)
    orders = wire.Orders.unpack(line.recv(wire.MAX_PACKET))
    limit_self(orders, len(line_fds))
    cv2.setNumThreads(1)
    teller = Teller(line)
    try:
        elsewhere = [Helper.elsewhere(fd) for fd in line_fds]
        look_at(film_fd, Slots(pictures_fd, orders, line), teller, orders, [line], elsewhere)
    except REPORTED as error:
        teller.say(trouble(error, orders.memory_bytes))
    # Whoever hangs up on unread packets resets the line, and the last message with it.
    while line.recv(wire.MAX_PACKET):
        pass


if __name__ == "__main__":
    main()
