"""Cutting and sampling in one pass, played with films of numbers."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from filmdex.db.records import ShotState
from filmdex.indexer.cuts_found import Found
from filmdex.indexer.sampling import Gate, Pick
from filmdex.indexer.shots import Look, ShotEnd, cut_and_sample
from hypothesis import given
from hypothesis import strategies as st

FRAME_US = 40_000
LAG = 2


@dataclass(frozen=True)
class Frame:
    number: int
    time_us: int
    lost_from_us: int | None = None


def look(cuts: set[int], every: int = 1) -> Look[Frame, int]:
    """A detector that knows the cuts, and says so as late as it may."""
    return Look(
        cuts=lambda frame: [Found(n) for n in cuts if n == frame.number - LAG and n > 0],
        rest=lambda: [Found(n) for n in cuts if n > 0],
        lag=LAG,
        every=every,
        frame_us=FRAME_US,
        unmade=3,
        picture=lambda frame: frame.number,
        gate=Gate(lambda _: 7.0, lambda _: False, 4.0),
        long_us=10_000_000,
    )


def play(
    frames: list[Frame], cuts: set[int], film_us: int | None = None
) -> tuple[list[ShotEnd], list[list[Pick[int]]]]:
    seen_us = frames[-1].time_us + FRAME_US
    events: Iterator[Pick[int] | ShotEnd] = cut_and_sample(
        frames, look(cuts), lambda: (seen_us, film_us or seen_us)
    )
    shots, picks, running = [], [], []
    for event in events:
        if isinstance(event, ShotEnd):
            shots.append(event)
            picks.append(running)
            running = []
        else:
            running.append(event)
    assert not running
    return shots, picks


def film(count: int) -> list[Frame]:
    return [Frame(n, n * FRAME_US) for n in range(count)]


@given(st.integers(1, 400), st.sets(st.integers(-2, 400), max_size=12))
def test_shots_partition_the_film(count: int, cuts: set[int]) -> None:
    shots, picks = play(film(count), cuts)
    assert shots[0].span.start_us == 0
    assert shots[-1].span.end_us == count * FRAME_US
    for before, after in itertools.pairwise(shots):
        assert before.span.end_us == after.span.start_us
    # The detector may name a cut in the film's last frames too late to be heard.
    inside = {n for n in cuts if 0 < n < count - LAG}
    assert inside <= {shot.span.start_us // FRAME_US for shot in shots}
    for shot, of_shot in zip(shots, picks, strict=True):
        assert of_shot
        for pick in of_shot:
            assert shot.span.start_us <= pick.time_us < shot.span.end_us


def test_a_cut_is_at_its_first_frame_and_the_middle_is_looked_at() -> None:
    shots, picks = play(film(30), {10})
    assert [shot.span.start_us for shot in shots] == [0, 10 * FRAME_US]
    assert [[pick.picture for pick in of_shot] for of_shot in picks] == [[5], [20]]


def test_a_stretch_that_could_not_be_decoded_is_a_shot_that_was_not_looked_at() -> None:
    frames = [*film(10), Frame(10, 5_000_000, lost_from_us=10 * FRAME_US)]
    shots, picks = play(frames, set())
    assert [(shot.span.start_us, shot.state) for shot in shots] == [
        (0, ShotState.LOOKED_AT),
        (10 * FRAME_US, ShotState.NOT_LOOKED_AT),
        (5_000_000, ShotState.LOOKED_AT),
    ]
    assert picks[1] == []


def test_a_film_that_was_cut_off_ends_unseen() -> None:
    shots, _ = play(film(10), set(), film_us=9_000_000)
    assert [shot.state for shot in shots] == [ShotState.LOOKED_AT, ShotState.NOT_LOOKED_AT]
    assert shots[-1].span.end_us == 9_000_000


def test_a_very_long_shot_is_one_shot_and_looked_at_throughout() -> None:
    shots, (picks,) = play(film(25 * 60 * 5), set())
    assert len(shots) == 1
    times = [0, *(pick.time_us for pick in picks), shots[0].span.end_us]
    assert max(b - a for a, b in itertools.pairwise(times)) <= 15_000_000
