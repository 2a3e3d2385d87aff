"""A film decoded in legs by several helpers is the film decoded by one, to the last bit."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from multiprocessing.connection import Connection
from pathlib import Path

import av
import pytest
from clips import BLACK, BLUE, GREEN, RED, Take, render
from filmdex.db.errors import LimitError, WorkerError
from filmdex.indexer.cuts_method import CutMethod
from filmdex.indexer.decode_leg import keyframes
from filmdex.indexer.legs import Decoded, Drop, Ended, Keyframe, Leg, Made, Make, fit
from filmdex.indexer.placing import Stamps
from filmdex.indexer.probe import Source, open_source
from filmdex.indexer.shots import Spacing
from films_seen import LIMITS, Seen, child_on, orders_of, see
from hypothesis import given
from hypothesis import strategies as st

TAKES = [
    *(Take(colour, 30 + 7 * n) for n, colour in enumerate([RED, GREEN, BLUE] * 3)),
    Take(BLACK, 15, flat=True),
    Take(RED, 120),
]
LEG_US = 1_000_000
HELPERS = (1, 2, 3, 7)
PATIENCE_S = 30
# What an open group of pictures is to each encoder that can make one here.
OPEN = {
    "libx264": {"x264-params": "open-gop=1:scenecut=0"},
    "libx265": {"x265-params": "open-gop=1:log-level=none"},
}
CLIPS = {
    "closed.mkv": ("libx264", 24, {"x264-params": "scenecut=0"}),
    "closed.mp4": ("libx264", 40, {}),
    "open.mkv": ("libx264", 24, OPEN["libx264"]),
    "open.mp4": ("libx264", 24, OPEN["libx264"]),
    "hevc.mkv": ("libx265", 24, OPEN["libx265"]),
    "hevc.mp4": ("libx265", 30, {"x265-params": "open-gop=0:log-level=none"}),
    "mpeg2.mkv": ("mpeg2video", 12, {"bf": "2"}),
    "mpeg4.mp4": ("mpeg4", 12, {"bf": "2"}),
    "vp9.webm": ("libvpx-vp9", 25, {"deadline": "realtime", "cpu-used": "8"}),
    "intra.mkv": ("mpeg4", 1, {}),
    "long.mkv": ("libx264", 9999, {"x264-params": "scenecut=0"}),
    "refresh.mkv": ("libx264", 40, {"x264-params": "intra-refresh=1"}),
    "stream.ts": ("libx264", 24, {}),
    "old.avi": ("mpeg4", 12, {}),
}  # fmt: skip


def everything(seen: Seen) -> object:
    """All that can be stored of a film."""
    samples = [
        (one.sample, None if one.picture is None else one.picture.tobytes()) for one in seen.samples
    ]
    return seen.facts, seen.shots, samples


QUICK = ("closed.mkv", "open.mp4", "hevc.mkv", "long.mkv")
EACH = [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in CLIPS]


@pytest.mark.parametrize("name", EACH)
def test_however_many_decode_it_a_film_is_the_same(tmp_path: Path, name: str) -> None:
    codec, gop, options = CLIPS[name]
    film = render(tmp_path / name, TAKES, codec=codec, gop=gop, options=options)
    alone = see(film)
    assert len(alone.shots) >= 10
    for helpers in HELPERS:
        seen = see(film, helpers=helpers, leg_us=LEG_US)
        assert everything(seen) == everything(alone), helpers


@contextmanager
def helper_elsewhere(film: Path) -> Iterator[int]:
    """Give a socket that leads to a helper which opened the film by itself, as on another host."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-I", "-m", "filmdex.indexer.leg_child"]
    fd = os.open(film, os.O_RDONLY)
    given = (fd, theirs.fileno())
    with ours, subprocess.Popen([*command, *map(str, given)], pass_fds=given) as process:
        theirs.close()
        os.close(fd)
        with Connection(os.dup(ours.fileno())) as line:
            line.send_bytes(orders_of(helpers=1, leg_us=LEG_US).pack())
        yield ours.fileno()
        ours.close()
        assert process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("name", ["closed.mkv", "open.mp4", "stream.ts"])
@pytest.mark.parametrize("here", [0, 1])
def test_helpers_elsewhere_change_nothing(tmp_path: Path, name: str, here: int) -> None:
    codec, gop, options = CLIPS[name]
    film = render(tmp_path / name, TAKES, codec=codec, gop=gop, options=options)
    with helper_elsewhere(film) as one, helper_elsewhere(film) as two:
        seen = see(film, helpers=here, leg_us=LEG_US, lines=(one, two))
    assert everything(seen) == everything(see(film))


def source_of(path: Path) -> Source:
    return open_source(os.open(path, os.O_RDONLY))


@pytest.mark.parametrize(
    ("name", "fewest"),
    [("open.mkv", 10), ("hevc.mp4", 10), ("vp9.webm", 10), ("long.mkv", 0), ("stream.ts", 0)],
)
def test_legs_begin_at_keyframes_where_the_file_tells_them(
    tmp_path: Path, name: str, fewest: int
) -> None:
    codec, gop, options = CLIPS[name]
    film = render(tmp_path / name, TAKES, codec=codec, gop=gop, options=options)
    found = list(keyframes(source_of(film), LEG_US))
    with av.open(str(film)) as container:
        real = {p.pts for p in container.demux(video=0) if p.is_keyframe and p.size}
    assert {one.pts for one in found} <= real
    assert len(found) >= fewest
    assert bool(found) == bool(fewest)
    assert all(a.pts < b.pts for a, b in itertools.pairwise(found))


def test_a_keyframe_in_name_only_changes_nothing(tmp_path: Path) -> None:
    """Its container calls pictures keyframes that need those before them."""
    honest = render(tmp_path / "honest.mp4", TAKES, codec="mpeg4", gop=9999)
    film = tmp_path / "liar.mp4"
    with av.open(str(honest)) as container, av.open(str(film), "w") as out:
        stream = out.add_stream_from_template(container.streams.video[0])
        for n, packet in enumerate(p for p in container.demux(video=0) if p.size):
            packet.is_keyframe |= n % 20 == 0
            packet.stream = stream
            out.mux(packet)
    assert list(keyframes(source_of(film), LEG_US))
    alone = see(film)
    for helpers in (2, 3):
        assert everything(see(film, helpers=helpers, leg_us=LEG_US)) == everything(alone)


def test_damage_is_counted_once_wherever_it_is(tmp_path: Path) -> None:
    codec, gop, options = CLIPS["closed.mkv"]
    whole = render(tmp_path / "whole.mkv", TAKES, codec=codec, gop=gop, options=options)
    data = bytearray(whole.read_bytes())
    for at in range(len(data) // 7, len(data) * 6 // 7, len(data) // 9):
        data[at : at + 40] = bytes(40)
    film = tmp_path / "damaged.mkv"
    film.write_bytes(data)
    alone = see(film)
    assert alone.facts.decode_errors
    for helpers in (2, 3):
        assert everything(see(film, helpers=helpers, leg_us=LEG_US)) == everything(alone)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    codec, gop, options = CLIPS["closed.mkv"]
    path = tmp_path_factory.mktemp("clips") / "closed.mkv"
    return render(path, TAKES * 4, codec=codec, gop=gop, options=options)


@pytest.mark.parametrize("method", [CutMethod.ADAPTIVE, CutMethod.CONTENT])
def test_whatever_finds_the_cuts(clip: Path, method: CutMethod) -> None:
    alone = see(clip, method=method)
    assert everything(see(clip, method=method, helpers=2, leg_us=LEG_US)) == everything(alone)


# Looks at every seventh frame, a hundred frames late, of a film that is decoded by helpers which
# may hold few more than that, and none whole.
LATE = """
import os, sys, zlib
from collections import deque
from filmdex.indexer import exact
from filmdex.indexer.cuts import find_cuts
from filmdex.indexer.probe import open_source
from filmdex.indexer.wire import Orders

exact.HELPERS_BYTES, exact.LEAST_HELD = 0, 110
orders = Orders.unpack(bytes.fromhex(sys.argv[2]))
fd = os.open(sys.argv[1], os.O_RDONLY)
source = open_source(fd)
opening = exact.Opening.of(source, orders)
eye = exact.eye_for(source, opening, find_cuts(orders.method), orders)
with exact.all_frames(fd, source, opening, eye, orders, []) as seen:
    late = deque()
    for frame in seen.frames:
        late.append(frame)
        if len(late) > 100 and (first := late.popleft()).number % 7 == 0:
            print(first.number, first.time_us, zlib.crc32(first.picture()))
"""


def test_helpers_wait_when_they_hold_all_they_may(clip: Path) -> None:
    said = [
        subprocess.run(
            [sys.executable, "-c", LATE, clip, orders_of(helpers=n, leg_us=LEG_US).pack().hex()],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=True,
        ).stdout
        for n in (0, 2, 5)
    ]
    assert len(said[0].splitlines()) > 100
    assert said[1] == said[0]
    assert said[2] == said[0]


def helpers_of(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize(
    ("hurt", "error", "reason"),
    [
        (signal.SIGSEGV, WorkerError, "crashed \\(SIGSEGV\\)"),
        (signal.SIGKILL, WorkerError, "killed; was the machine out of memory"),
        (signal.SIGXCPU, LimitError, "limits.cpu_seconds"),
        (signal.SIGSTOP, LimitError, "hung: nothing for 2 s"),
    ],
)
def test_a_hurt_helper_is_what_a_hurt_child_is(
    clip: Path, hurt: signal.Signals, error: type[Exception], reason: str
) -> None:
    limits = replace(LIMITS, silence_s=2)
    with child_on(clip, limits, helpers=2, leg_us=LEG_US) as worker:
        worker.probed()
        events = worker.events()
        next(events)
        for pid in helpers_of(worker.pid):
            os.kill(pid, hurt)
        with pytest.raises(error, match=reason):
            list(events)


def test_no_helper_outlives_its_film(clip: Path) -> None:
    with child_on(clip, helpers=2, leg_us=LEG_US) as worker:
        worker.probed()
        next(worker.events())
        pids = helpers_of(worker.pid)
        assert len(pids) == 2
    ends_s = time.monotonic() + PATIENCE_S
    while any(map(lives, pids)):
        assert time.monotonic() < ends_s


def lives(pid: int) -> bool:
    """Tell whether a process runs; one that has ended may wait to be reaped."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


# -- what is said, and how it is judged ----------------------------------------------------------

STAMPS = Stamps(40, None, Fraction(1, 1000), 40_000)
ONE = Decoded(3, 9, STAMPS, 0, 77, True, False, 1, 2, b"abcdef")


@pytest.mark.parametrize(
    "message",
    [
        Leg(1, None, Keyframe(5, -4, 900)),
        Leg(2, Keyframe(5, 4, 900), None, 17),
        Make(8),
        Drop((1, 2, 3)),
        Drop(()),
        ONE,
        replace(ONE, stamps=Stamps(None, -3, None, 0)),
        Made(4, 1, 2, b"abcdef"),
        Ended(3, 5, True, False),
    ],
    ids=str,
)
def test_what_is_packed_is_unpacked(message: Leg | Make | Drop | Decoded | Made | Ended) -> None:
    assert type(message).unpack(message.pack()) == message


def test_legs_fit_only_if_nothing_speaks_against_it() -> None:
    ended, begun = Ended(1, 2, True, True), [replace(ONE, turn=4, beyond=False)]
    assert fit(ended, 2, [ONE], begun)
    assert not fit(ended, 1, [ONE], begun)
    assert not fit(replace(ended, in_order=False), 2, [ONE], begun)
    assert not fit(ended, 2, [], [])
    for wrong in ({"digest": 78}, {"errors": 1}, {"stamps": replace(STAMPS, pts=41)}):
        assert not fit(ended, 2, [ONE], [replace(begun[0], **wrong)])
    unknown = replace(ONE, digest=0)
    assert not fit(ended, 2, [unknown], [unknown])


@given(
    steps=st.lists(st.integers(1, 200_000), min_size=2, max_size=60),
    every=st.integers(1, 7),
    begin=st.integers(0, 59),
)
def test_who_begins_later_takes_all_that_others_take(
    steps: list[int], every: int, begin: int
) -> None:
    times = list(itertools.accumulate(steps))
    whole, part = Spacing(every, 40_000), Spacing(every, 40_000)
    taken = {at for at in times if whole.takes(at)}
    later = times[min(begin, len(times) - 1) :]
    also = {at for at in later if part.takes(at)}
    assert taken & set(later) <= also
    assert also - taken <= {later[0]}
