"""Shots from keyframes: grouped, bracketed, and never a stretch unseen for long."""

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import pytest
from av.packet import Packet
from clips import BLUE, GREEN, RED, Take, cuts_us, render
from filmdex.db.records import Boundary, Precision, ShotState
from filmdex.indexer.keyframes import SparseLook, group_and_sample
from filmdex.indexer.probe import open_source
from filmdex.indexer.sampling import Gate, Pick
from filmdex.indexer.shots import ShotEnd
from filmdex.indexer.sparse import SparseDecoding
from films_seen import Seen, see
from hypothesis import given, settings
from hypothesis import strategies as st


@dataclass(frozen=True)
class Frame:
    time_us: int
    colour: int
    unseen_from_us: int
    likely_cut_us: int
    certain: bool = False
    lost: bool = False


def play(frames: list[Frame], end_us: int) -> tuple[list[ShotEnd], list[int]]:
    shown: list[int] = []

    def changed(frame: Frame) -> bool:
        shown.append(frame.colour)
        return len(shown) > 1 and shown[-2] != frame.colour

    look: SparseLook[Frame, int] = SparseLook(
        changed=changed,
        unmade=3,
        picture=lambda frame: frame.colour,
        gate=Gate(lambda _: 7.0, lambda _: False, 4.0),
        long_us=10_000_000,
    )
    events = list(group_and_sample(frames, look, lambda: (end_us, end_us)))
    picks = [event.picture for event in events if isinstance(event, Pick)]
    return [event for event in events if isinstance(event, ShotEnd)], picks


def every_second(colours: list[int], certain: bool = False) -> list[Frame]:
    return [
        Frame(n * 1_000_000, colour, max(0, n * 1_000_000 - 960_000), n * 1_000_000, certain)
        for n, colour in enumerate(colours)
    ]


def test_neighbours_that_look_alike_are_one_shot() -> None:
    shots, picks = play(every_second([1, 1, 1, 2, 2]), 5_000_000)
    assert [shot.span.start_us for shot in shots] == [0, 3_000_000]
    assert picks == [1, 2]


def test_a_boundary_is_a_bracket_unless_it_is_certain() -> None:
    (_, second), _ = play(every_second([1, 2]), 2_000_000)
    assert second.begins == Boundary(40_000, 1_000_000)
    (_, second), _ = play(every_second([1, 2], certain=True), 2_000_000)
    assert second.begins == Boundary(1_000_000, 1_000_000)


def test_the_likely_cut_is_where_a_picture_was_coded_anew() -> None:
    frames = [Frame(0, 1, 0, 0), Frame(2_000_000, 2, 40_000, 1_200_000)]
    (first, second), _ = play(frames, 3_000_000)
    assert first.span.end_us == second.span.start_us == 1_200_000
    assert second.begins == Boundary(40_000, 2_000_000)


def test_what_was_lost_is_not_looked_at() -> None:
    frames = [Frame(0, 1, 0, 0), Frame(60_000_000, 1, 40_000, 60_000_000, lost=True)]
    shots, _ = play(frames, 61_000_000)
    assert [shot.state for shot in shots] == [
        ShotState.LOOKED_AT,
        ShotState.NOT_LOOKED_AT,
        ShotState.LOOKED_AT,
    ]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_shots_partition_the_film(colours: list[int]) -> None:
    end_us = len(colours) * 1_000_000
    shots, _ = play(every_second(colours), end_us)
    assert (shots[0].span.start_us, shots[-1].span.end_us) == (0, end_us)
    assert all(a.span.end_us == b.span.start_us for a, b in itertools.pairwise(shots))
    assert len(shots) == 1 + sum(a != b for a, b in itertools.pairwise(colours))


TAKES = [Take(RED, 55), Take(GREEN, 80), Take(BLUE, 65)]


def by_keyframes(path: Path) -> Seen:
    return see(path, precision=Precision.KEYFRAMES)


@pytest.mark.parametrize(
    ("name", "codec", "gop"),
    [
        ("a.mkv", "libx264", 250),
        ("a.mp4", "libx264", 48),
        ("a.mkv", "mpeg4", 12),
        ("a.ts", "mpeg2video", 12),
        ("a.mkv", "libx264", 1),
        ("a.mkv", "libx264", 10_000),
    ],
)
def test_every_shot_is_found_and_its_beginning_lies_in_its_bracket(
    tmp_path: Path, name: str, codec: str, gop: int
) -> None:
    path = render(tmp_path / name, TAKES, codec=codec, gop=gop)
    seen, exact = by_keyframes(path), see(path)
    assert seen.facts.duration_us == exact.facts.duration_us
    assert seen.facts.container_offset_us == exact.facts.container_offset_us
    assert len(seen.shots) == 3
    for shot, cut_us in zip(seen.shots[1:], cuts_us(TAKES), strict=True):
        assert shot.begins.lo_us <= cut_us <= shot.begins.hi_us
    assert {sample.sample.state for sample in seen.samples} == {ShotState.LOOKED_AT}


def test_a_cut_that_the_encoder_marked_is_exact(tmp_path: Path) -> None:
    seen = by_keyframes(render(tmp_path / "a.mkv", TAKES, codec="libx264", gop=250))
    assert seen.cuts_us == cuts_us(TAKES)
    assert all(shot.begins.lo_us == shot.begins.hi_us for shot in seen.shots)


def test_a_film_with_one_keyframe_is_seen_throughout(tmp_path: Path) -> None:
    """A still scene: nothing makes the encoder put a second keyframe."""
    path = render(tmp_path / "one.mkv", [Take(RED, 1500)], codec="mpeg4", gop=600)
    times = [sample.sample.time_us for sample in by_keyframes(path).samples]
    gaps = [b - a for a, b in itertools.pairwise([0, *times, 60_000_000])]
    assert max(gaps) <= 12_000_000


def test_a_late_start_counts_from_the_first_frame(tmp_path: Path) -> None:
    seen = by_keyframes(render(tmp_path / "late.mkv", TAKES, codec="libx264", first_pts=100))
    assert seen.shots[0].span.start_us == 0
    assert seen.facts.duration_us == 8_000_000


# -- kinds of keyframes, and files that lie about them -------------------------------------------

OPEN_GOP = "open-gop=1:scenecut=0"


def brackets(seen: Seen) -> list[Boundary]:
    return [shot.begins for shot in seen.shots[1:]]


def hold(found: list[Boundary], cut_us: int) -> bool:
    return any(bracket.lo_us <= cut_us <= bracket.hi_us for bracket in found)


@pytest.mark.parametrize(
    ("name", "codec", "gop", "options"),
    [
        pytest.param("a.ts", "libx264", 24, {"x264-params": OPEN_GOP}, id="recovery points"),
        pytest.param("a.mp4", "libx265", 24, {"x265-params": OPEN_GOP}, id="CRA"),
        pytest.param("a.webm", "libvpx-vp9", 24, {"deadline": "realtime"}, id="VP9"),
        pytest.param("a.mkv", "libsvtav1", 24, {"preset": "12"}, id="AV1"),
        pytest.param("a.mpg", "mpeg2video", 12, {}, id="MPEG-2"),
        pytest.param("a.mkv", "ffv1", 1, {}, id="all intra"),
    ],
)
def test_every_kind_of_keyframe_is_used(
    tmp_path: Path, name: str, codec: str, gop: int, options: dict[str, str]
) -> None:
    path = render(tmp_path / name, TAKES, codec=codec, gop=gop, options=options)
    seen = by_keyframes(path)
    assert [us for us in cuts_us(TAKES) if not hold(brackets(seen), us)] == []
    assert max(bracket.hi_us - bracket.lo_us for bracket in brackets(seen)) < 1_000_000
    assert (seen.facts.duration_us, seen.facts.decode_errors) == (8_000_000, 0)


def remuxed(
    source: Path, target: Path, change: Callable[[Packet], object] = bool, skip: int = 0
) -> Path:
    """Copy a film's packets, changed, and without the first few."""
    with av.open(str(source)) as film, av.open(str(target), "w") as out:
        stream = out.add_stream_from_template(film.streams.video[0])
        packets = [packet for packet in film.demux(video=0) if packet.size]
        for packet in packets[skip:]:
            change(packet)
            packet.stream = stream
            out.mux(packet)
    return target


@pytest.mark.parametrize("flag", [True, False])
def test_a_container_that_flags_all_or_none_keeps_the_promise(tmp_path: Path, flag: bool) -> None:
    takes = [Take(RED, 400), Take(GREEN, 400)]
    # A codec for which FFmpeg has no parser that would put its flags right.
    film = render(tmp_path / "a.avi", takes, codec="wmv2", gop=50)

    def lie(packet: Packet) -> None:
        packet.is_keyframe = flag

    lying = remuxed(film, tmp_path / "b.avi", lie)
    with av.open(str(lying)) as container:
        flags = [packet.is_keyframe for packet in container.demux(video=0) if packet.size]
    assert set(flags[1:]) == {flag}
    seen = by_keyframes(lying)
    assert hold(brackets(seen), 16_000_000)
    assert ShotState.NOT_LOOKED_AT not in {shot.state for shot in seen.shots}
    assert seen.facts.duration_us == 32_000_000


def test_an_edit_list_that_hides_the_first_keyframe_moves_nothing(tmp_path: Path) -> None:
    film = render(tmp_path / "a.mp4", TAKES, codec="libx264", gop=50)

    def earlier(packet: Packet) -> None:
        assert packet.pts is not None
        assert packet.dts is not None
        assert packet.time_base
        packet.pts -= round(0.8 / packet.time_base)
        packet.dts -= round(0.8 / packet.time_base)

    seen = by_keyframes(remuxed(film, tmp_path / "b.mp4", earlier))
    assert seen.facts.duration_us == 7_200_000
    assert all(hold(brackets(seen), us - 800_000) for us in cuts_us(TAKES))


def test_a_stream_that_begins_without_a_keyframe_begins_at_its_first(tmp_path: Path) -> None:
    film = render(tmp_path / "a.ts", TAKES, codec="mpeg2video", gop=24)
    seen, exact = by_keyframes(remuxed(film, tmp_path / "b.ts", skip=10)), see(tmp_path / "b.ts")
    assert seen.facts.duration_us == exact.facts.duration_us
    assert all(hold(brackets(seen), us) for us in exact.cuts_us)


# -- what is not decoded ---------------------------------------------------------------------------


def decoded_us(path: Path, gap_us: int = 12_000_000) -> list[int]:
    """Return the times of the frames that are shown."""
    fd = os.open(path, os.O_RDONLY)
    source = open_source(fd)
    try:
        return [frame.time_us for frame in SparseDecoding.of(source, gap_us)]
    finally:
        source.container.close()
        os.close(fd)


def test_keyframes_just_within_the_gap_are_all_that_is_decoded(tmp_path: Path) -> None:
    """250 frames apart at 24 a second is what x264 does when it is told nothing: 10.4 s."""
    film = render(tmp_path / "a.mkv", [Take(RED, 700)], codec="mpeg4", gop=250, rate=24)
    assert decoded_us(film) == [0, 10_417_000, 20_833_000]


@given(gap_s=st.sampled_from([1, 2, 3, 7]))
@settings(max_examples=4, deadline=None)
def test_nothing_longer_than_the_gap_goes_unseen(
    tmp_path_factory: pytest.TempPathFactory, gap_s: int
) -> None:
    film = tmp_path_factory.getbasetemp() / "promise.mkv"
    if not film.exists():
        render(film, [Take(RED, 750)], codec="libx264", gop=200, options={"bf": "3"})
    times = [*decoded_us(film, gap_s * 1_000_000), 30_000_000]
    assert max(b - a for a, b in itertools.pairwise(times)) <= gap_s * 1_000_000


def test_where_all_are_keyframes_few_are_decoded(tmp_path: Path) -> None:
    film = render(tmp_path / "a.mkv", [Take(RED, 200)], codec="ffv1", gop=1)
    times = decoded_us(film)
    assert 15 <= len(times) <= 17


def test_a_picture_that_is_shown_for_long_was_seen_all_the_while(tmp_path: Path) -> None:
    """Slides: nothing lies between two frames that are 20 s apart."""
    times = [0, 200 * 25, 400 * 25, 401 * 25]
    film = render(tmp_path / "a.mkv", [Take(RED, 2), Take(GREEN, 2)], gop=1, frame_times=times)
    states = {shot.state for shot in by_keyframes(film).shots}
    assert states == {ShotState.LOOKED_AT}
