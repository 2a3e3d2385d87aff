"""The measure and the network together, on films whose every transition is known."""

from collections.abc import Sequence

import numpy as np
import pytest
from filmdex.db.records import Transition, TransitionKind
from filmdex.indexer.cuts_found import Found
from filmdex.indexer.cuts_hybrid import NetworkFinder, everywhere, hybrid
from filmdex.indexer.cuts_network import shipped
from filmdex.indexer.pixels_type import Pixels
from made_thumbnails import FRAME_US, dissolve, fade, film, pan, take, wipe


def find(finder: NetworkFinder, frames: Pixels) -> list[Found]:
    found = []
    for number, frame in enumerate(frames):
        new = finder.feed(number, number * FRAME_US, frame)
        assert all(one.number >= number - finder.lag for one in new)
        found += new
    return found + finder.rest()


def numbers(found: list[Found]) -> list[int]:
    return [one.number for one in found]


def test_a_film_of_plain_cuts_never_asks_the_network() -> None:
    finder = hybrid(lambda: pytest.fail("there is nothing to ask"))
    assert find(finder, film(take(1, 40), take(2, 40), take(3, 40))) == [Found(40), Found(80)]
    assert finder.shown == 0


@pytest.mark.parametrize("start", [hybrid, everywhere])
def test_a_dissolve_is_one_boundary_with_its_interval(start: object) -> None:
    finder: NetworkFinder = start(shipped)  # type: ignore[operator]
    made = film(take(1, 60), dissolve(1, 2, 20), take(2, 60), take(3, 60))
    gradual, cut = find(finder, made)
    assert cut == Found(140)
    assert gradual.transition is not None
    assert gradual.transition.kind is TransitionKind.DISSOLVE
    assert gradual.transition.first_us == pytest.approx(60 * FRAME_US, abs=4 * FRAME_US)
    assert gradual.transition.last_us == gradual.number * FRAME_US
    assert gradual.number == pytest.approx(80, abs=4)


def test_a_fade_needs_no_network_to_be_one_boundary() -> None:
    quiet = hybrid(lambda: lambda thumbnails: np.zeros((len(thumbnails), 2), np.float32))
    made = film(take(1, 60), fade(1, 2, 12), take(2, 60))
    [found] = find(quiet, made)
    assert found.transition is not None
    assert found.transition.kind is TransitionKind.FADE
    assert found.number == pytest.approx(87, abs=2)


def test_what_turned_out_to_be_a_fade_is_not_asked_about() -> None:
    finder = hybrid(lambda: pytest.fail("the measure saw it all"))
    [found] = find(finder, film(take(1, 60), fade(1, 2, 12), take(2, 60)))
    assert found.transition is not None
    assert finder.shown == 0


def test_a_cut_in_doubt_soon_after_a_fade_is_asked_about_all_the_same() -> None:
    alike = take(1, 11) * 0.1 + 60, take(2, 40) * 0.1 + 60
    made = film(take(3, 60), np.zeros((5, 27, 48, 3)), *alike)
    made[:, 0, 0] = 0
    made[75, 0, 0, 0] = 255
    finder = hybrid(lambda: reads_the_corner)
    assert numbers(find(finder, made)) == [65, 76]
    assert 0 < finder.shown < 40


def reads_the_corner(thumbnails: Sequence[Pixels]) -> np.ndarray:
    """A network that is told its answers by the first pixel of each thumbnail."""
    return np.stack([one[0, 0, :2] / np.float32(255) for one in thumbnails]).astype(np.float32)


@pytest.mark.parametrize("frames", [8, 14, 31])
@pytest.mark.parametrize("start", [hybrid, everywhere])
def test_the_networks_answers_are_read_at_their_frames(start: object, frames: int) -> None:
    finder: NetworkFinder = start(lambda: reads_the_corner)  # type: ignore[operator]
    made = film(take(1, 60), wipe(1, 2, frames), take(2, 60))
    made[:, 0, 0] = 0
    made[60 : 60 + frames, 0, 0, 1] = 255
    made[60 + frames // 2, 0, 0, 0] = 255
    times = 60 * FRAME_US, (60 + frames) * FRAME_US
    assert find(finder, made) == [Found(60 + frames, Transition(TransitionKind.WIPE, *times))]


@pytest.mark.parametrize("frames", [1, 2, 4])
def test_a_flash_is_no_boundary(frames: int) -> None:
    flash = np.clip(take(1, frames) * 0.2 + 200, 0, 255)
    assert find(hybrid(shipped), film(take(1, 60), flash, take(1, 60))) == []


@pytest.mark.parametrize("times", [2, 3])
def test_repeated_frames_are_no_boundaries(times: int) -> None:
    assert find(hybrid(shipped), film(pan(1, 60, step=1).repeat(times, axis=0))) == []


def test_everywhere_shows_all_frames_and_finds_the_cuts() -> None:
    finder = everywhere(shipped)
    made = film(take(1, 40), take(2, 35), take(3, 20))
    assert numbers(find(finder, made)) == [40, 75]
    assert finder.shown == len(made)


@pytest.mark.parametrize("frames", [1, 2, 9, 30])
def test_a_film_shorter_than_any_window_has_no_boundaries(frames: int) -> None:
    for finder in (hybrid(shipped), everywhere(shipped)):
        assert find(finder, film(take(1, frames))) == []


def test_answers_of_another_shape_are_refused() -> None:
    finder = everywhere(lambda: lambda thumbnails: np.zeros((len(thumbnails), 1), np.float32))
    with pytest.raises(ValueError, match="probabilities"):
        find(finder, film(take(1, 100)))
