"""Windows: every doubtful frame is answered once, in time, and little else is looked at."""

import itertools

from filmdex.indexer.cuts_windows import Planner, Shape, Window
from hypothesis import given
from hypothesis import strategies as st

SHAPE = Shape(core=12, margin=5, spread=2, join=3)


def plan(doubts: list[bool], shape: Shape = SHAPE) -> list[tuple[int, Window]]:
    """Return each window with the number of the frame that it came with."""
    planner = Planner(shape)
    windows = []
    for number, doubtful in enumerate(doubts):
        windows += [(number, window) for window in planner.feed(number, doubtful=doubtful)]
    return windows + [(len(doubts), window) for window in planner.rest(len(doubts))]


@given(st.lists(st.booleans(), max_size=120), st.booleans())
def test_every_doubtful_frame_is_answered_once_and_in_time(doubts: list[bool], far: bool) -> None:
    doubts = [doubt and (not far or n % 3 == 0) for n, doubt in enumerate(doubts)]
    windows = plan(doubts)
    cores = [range(w.core_first, w.core_end) for _, w in windows]
    for before, after in itertools.pairwise(cores):
        assert before.stop <= after.start
    answered = set(itertools.chain(*cores))
    assert {n for n, doubt in enumerate(doubts) if doubt} <= answered
    near = {n + k for n, doubt in enumerate(doubts) if doubt for k in range(-5, 6)}
    assert answered <= near
    for came, window in windows:
        assert window.core_end - window.core_first <= SHAPE.core
        assert (window.first, window.end) == (window.core_first - 5, window.core_end + 5)
        assert max(came, window.end) <= window.core_first + SHAPE.lag


def test_doubts_that_are_near_are_looked_at_together() -> None:
    doubts = [n in (20, 23, 60) for n in range(80)]
    assert [(w.core_first, w.core_end) for _, w in plan(doubts)] == [(18, 26), (58, 63)]


def test_a_long_doubt_is_looked_at_piece_by_piece() -> None:
    doubts = [20 <= n < 50 for n in range(80)]
    assert [(w.core_first, w.core_end) for _, w in plan(doubts)] == [(18, 30), (30, 42), (42, 52)]
