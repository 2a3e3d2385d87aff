"""Shots from keyframes: grouped, bracketed, and never a stretch unseen for long."""

import itertools
from dataclasses import dataclass
from pathlib import Path

import pytest
from clips import BLUE, GREEN, RED, Take, cuts_us, render
from filmdex.db.records import Boundary, Precision, ShotState
from filmdex.indexer.keyframes import SparseLook, group_and_sample
from filmdex.indexer.sampling import Gate, Pick
from filmdex.indexer.shots import ShotEnd
from films_seen import Seen, see
from hypothesis import given
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
