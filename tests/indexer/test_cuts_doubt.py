"""What the cheap measure settles, on films whose every transition is known."""

import numpy as np
import pytest
from filmdex.indexer.cuts_doubt import Rules, Settler, Verdict
from filmdex.indexer.pixels_type import Pixels
from hypothesis import given, settings
from hypothesis import strategies as st
from made_thumbnails import dissolve, fade, film, measure, pan, picture, take, wipe


def verdicts(frames: Pixels) -> list[Verdict]:
    settler = Settler()
    settled = []
    for frame in measure(frames):
        new = list(settler.feed(frame))
        settled += new
        assert not new or frame.number - new[-1][0].number == settler.lag
    settled += settler.rest()
    assert [frame.number for frame, _ in settled] == list(range(len(frames)))
    return [verdict for _, verdict in settled]


def at(frames: Pixels, wanted: Verdict) -> list[int]:
    return [number for number, verdict in enumerate(verdicts(frames)) if verdict is wanted]


def test_a_cut_is_settled_at_its_first_frame_and_nothing_is_in_doubt() -> None:
    made = film(take(1, 40), take(2, 30), take(3, 50))
    assert at(made, Verdict.CUT) == [40, 70]
    assert at(made, Verdict.DOUBTFUL) == []


def test_a_cut_from_one_moving_picture_to_another_is_settled() -> None:
    assert at(film(pan(1, 40), pan(2, 40)), Verdict.CUT) == [40]


@pytest.mark.parametrize("frames", range(1, 8))
def test_a_flash_is_never_a_cut(frames: int) -> None:
    flash = np.clip(take(1, frames) * 0.2 + 200, 0, 255)
    made = film(take(1, 40), flash, take(1, 40))
    assert at(made, Verdict.CUT) == []
    assert not {40, 40 + frames} & set(at(made, Verdict.DOUBTFUL))


def test_a_very_short_shot_from_elsewhere_is_in_doubt_at_both_ends() -> None:
    made = film(take(1, 40), take(2, 5), take(1, 40))
    assert at(made, Verdict.CUT) == []
    assert {40, 45} <= set(at(made, Verdict.DOUBTFUL))


@pytest.mark.parametrize("times", [2, 3])
def test_repeated_frames_are_no_cuts(times: int) -> None:
    made = film(pan(1, 60, step=2).repeat(times, axis=0))
    assert at(made, Verdict.CUT) == []


@pytest.mark.parametrize("frames", [8, 16, 30])
@pytest.mark.parametrize("gradual", [dissolve, wipe, fade])
def test_the_middle_of_a_gradual_transition_is_in_doubt(gradual: object, frames: int) -> None:
    between = gradual(1, 2, frames)  # type: ignore[operator]
    made = film(take(1, 60), between, take(2, 60))
    assert at(made, Verdict.CUT) == []
    middle = 60 + len(between) // 2
    assert Verdict.SLOW in verdicts(made)[middle - 2 : middle + 3]


def test_a_cut_between_pictures_that_are_much_alike_is_in_doubt() -> None:
    made = film(take(1, 40) * 0.1 + 60, take(2, 40) * 0.1 + 60)
    assert at(made, Verdict.CUT) == []
    assert at(made, Verdict.DOUBTFUL) == [40]


def test_two_cuts_a_few_frames_apart_are_both_in_doubt() -> None:
    made = film(take(1, 40), take(2, 4), take(3, 40))
    asked = {*at(made, Verdict.CUT), *at(made, Verdict.DOUBTFUL)}
    assert {40, 44} <= asked


def test_the_end_of_a_fast_movement_that_is_a_cut_is_in_doubt() -> None:
    rng = np.random.default_rng(5)
    wild = np.stack([picture(n) * 0.5 + rng.uniform(0, 60) for n in range(30)])
    made = film(take(90, 30), wild, take(91, 30))
    assert 60 in [*at(made, Verdict.DOUBTFUL), *at(made, Verdict.CUT)]


@pytest.mark.parametrize("backwards", [False, True])
def test_a_movement_on_which_the_film_ends_or_begins_is_no_cut(backwards: bool) -> None:
    made = film(pan(1, 40, step=4))
    steady = made[::-1] if backwards else made
    assert measure(steady)[-1].change >= Rules().cut_change
    assert {1, 39} & {*at(steady, Verdict.CUT), *at(steady, Verdict.DOUBTFUL)} == set()


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 15)), min_size=1, max_size=6))
def test_every_frame_is_settled_once_and_in_order(parts: list[tuple[int, int]]) -> None:
    assert len(verdicts(film(*(take(seed, n) for seed, n in parts)))) == sum(n for _, n in parts)
