"""Fades, seen by the measure alone."""

import numpy as np
import pytest
from filmdex.indexer.cuts_answers import Edge
from filmdex.indexer.cuts_fades import Fades
from filmdex.indexer.pixels_type import Pixels
from made_thumbnails import fade, film, measure, take


def fades(frames: Pixels) -> list[Edge]:
    finder = Fades(reach=128)
    return [edge for frame in measure(frames) for edge in finder.feed(frame)]


def flat(frames: int, level: float = 0.0) -> np.ndarray:
    return np.full((frames, 27, 48, 3), level)


@pytest.mark.parametrize("level", [0.0, 128.0, 255.0])
@pytest.mark.parametrize("frames", [5, 12, 30])
def test_a_fade_is_found_with_its_interval(frames: int, level: float) -> None:
    made = film(take(1, 40), fade(1, 2, frames, level=level), take(2, 40))
    [edge] = fades(made)
    assert edge.first == pytest.approx(40, abs=2)
    assert edge.number == pytest.approx(40 + 2 * frames + 3, abs=2)


def test_one_hard_edge_or_two_make_it_no_less_a_fade() -> None:
    assert fades(film(take(1, 40), flat(10), take(2, 40))) == [Edge(40, 50)]


def test_a_picture_that_comes_back_was_a_flash() -> None:
    assert fades(film(take(1, 40), flat(4, 255.0), take(1, 40))) == []


def test_another_picture_of_the_same_brightness_is_a_new_shot() -> None:
    one, other = take(1, 40) * 0.4 + 140, take(2, 40) * 0.4 + 140
    [edge] = fades(film(one, flat(4), other))
    assert edge == Edge(40, 44)
    assert fades(film(one, flat(4), one)) == []


def test_one_colour_for_more_than_two_seconds_is_a_shot_of_its_own() -> None:
    assert fades(film(take(1, 40), flat(51), take(2, 40))) == [Edge(40, 91)]
    assert fades(film(take(1, 40), flat(53), take(2, 40))) == []


def test_coming_out_of_the_films_beginning_and_going_at_its_end_are_no_boundaries() -> None:
    made = film(fade(9, 1, 10)[13:], take(1, 40), fade(1, 9, 10)[:13])
    assert fades(made) == []
