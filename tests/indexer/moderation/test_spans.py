"""Spans from probabilities: each step by itself, and against a frame-by-frame reckoning."""

import itertools

import pytest
from filmdex.db.records import Boundary, Span
from filmdex.indexer.moderation.policy import Shaping, Snap
from filmdex.indexer.moderation.spans import (
    Edges,
    Reading,
    bridged,
    finished,
    hysteresis,
    readings_without,
    seconds_us,
    shaped,
    snapped,
    union,
    widened,
    within,
    without,
)
from hypothesis import given
from hypothesis import strategies as st

spans = st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda p: Span(p[0], p[0] + p[1]))
some_spans = st.lists(spans, max_size=8)


def times(found: list[Span]) -> set[int]:
    """The microseconds in spans: a set, in which arithmetic is plain."""
    return {us for span in found for us in range(span.start_us, span.end_us)}


def readings(*probabilities: float | None) -> list[Reading]:
    return [Reading(Span(n, n + 1), p) for n, p in enumerate(probabilities) if p is not None]


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ((), []),
        ((0.4, 0.4), []),
        ((0.5,), [(0, 1)]),
        ((0.6, 0.4, 0.4, 0.2), [(0, 3)]),
        ((0.4, 0.6, 0.2), [(1, 2)]),  # what leads up to it is not in it
        ((0.6, 0.2, 0.4), [(0, 1)]),
        ((0.6, None, 0.4), [(0, 1)]),  # a stretch that nobody looked at ends it
        ((0.6, None, 0.6), [(0, 1), (2, 3)]),
        ((0.6, 0.2, 0.6, 0.3), [(0, 1), (2, 4)]),
    ],
)
def test_a_span_is_entered_at_one_probability_and_left_at_another(
    probabilities: tuple[float | None, ...], expected: list[tuple[int, int]]
) -> None:
    found = hysteresis(readings(*probabilities), 0.5, 0.3)
    assert [(span.start_us, span.end_us) for span in found] == expected


def test_readings_under_the_lower_probability_need_not_be_given() -> None:
    all_of_them = readings(0.6, 0.4, 0.1, 0.6, 0.0, 0.3, 0.9)
    told = [one for one in all_of_them if one.probability >= 0.3]
    assert list(hysteresis(told, 0.5, 0.3)) == list(hysteresis(all_of_them, 0.5, 0.3))


def test_a_gap_is_bridged_before_what_is_short_is_dropped() -> None:
    told = readings(0.6, 0.0, 0.6, 0.0, 0.0, 0.6)
    assert shaped(told, 0.5, Shaping(gap_us=1, min_duration_us=2)) == [Span(0, 3)]
    assert shaped(told, 0.5, Shaping(gap_us=2)) == [Span(0, 6)]
    assert shaped(told, 0.5, Shaping(min_duration_us=2)) == []


SHOTS = Edges(tuple(Boundary(t, t) for t in (0, 10, 20, 30)), (0, 10, 20, 30), 40)


def test_padding_stays_in_the_film_and_joins_what_it_reaches() -> None:
    found = finished([Span(1, 5), Span(12, 39)], Shaping(pad_before_us=5, pad_after_us=5), SHOTS)
    assert found == [Span(0, 40)]
    assert finished([Span(50, 60)], Shaping(), SHOTS) == []
    assert finished([Span(0, 1)], Shaping(), Edges((), (), 0)) == []


def test_snapping_goes_outwards_to_whole_shots() -> None:
    shaping = Shaping(pad_before_us=1, pad_after_us=1, snap=Snap.SHOT)
    assert finished([Span(10, 20)], shaping, SHOTS) == [Span(0, 30)]
    assert finished([Span(10, 20)], Shaping(snap=Snap.SHOT), SHOTS) == [Span(10, 20)]


def test_an_edge_in_a_bracket_moves_to_its_outer_end() -> None:
    begins = (Boundary(0, 0), Boundary(7, 14), Boundary(18, 25))
    edges = Edges(begins, (0, 10, 20), 40)
    assert widened(Span(10, 20), edges) == Span(7, 25)
    assert widened(Span(15, 17), edges) == Span(15, 17)


@given(spans)
def test_a_snapped_span_holds_the_span_and_ends_at_shots(span: Span) -> None:
    inside = list(within([span], [Span(0, 40)]))
    for one in inside:
        snap = snapped(one, SHOTS)
        assert snap.start_us <= one.start_us
        assert one.end_us <= snap.end_us
        assert {snap.start_us, snap.end_us} <= {0, 10, 20, 30, 40}


@given(some_spans, some_spans)
def test_spans_are_sets_of_time(some: list[Span], others: list[Span]) -> None:
    assert times(union(some)) == times(some)
    assert times(without(some, others)) == times(some) - times(others)
    assert times(within(some, others)) == times(some) & times(others)
    assert seconds_us(some) == len(times(some))
    for found in (union(some), without(some, others), within(some, others)):
        assert all(a.end_us < b.start_us for a, b in itertools.pairwise(found))


@given(some_spans, st.integers(0, 10))
def test_bridging_leaves_gaps_longer_than_the_gap_alone(some: list[Span], gap: int) -> None:
    found = bridged(sorted(some), gap)
    assert times(some) <= times(found)
    assert all(b.start_us - a.end_us > gap for a, b in itertools.pairwise(found))


@given(st.lists(st.floats(0, 1), max_size=12), some_spans)
def test_what_is_cut_out_of_readings_is_gone_and_the_rest_is_there(
    probabilities: list[float], taken: list[Span]
) -> None:
    left = readings_without(readings(*probabilities), taken)
    expected = times([Span(0, len(probabilities))] if probabilities else []) - times(taken)
    assert times([one.span for one in left]) == expected
    assert all(one.probability == probabilities[one.span.start_us] for one in left)


@given(
    st.lists(st.sampled_from([0.0, 0.3, 0.5, 0.7]), max_size=30),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_shaping_agrees_with_going_through_the_film_one_shot_at_a_time(
    probabilities: list[float], gap: int, shortest: int
) -> None:
    inside, flags = False, []
    for probability in probabilities:
        inside = probability >= 0.3 if inside else probability >= 0.5
        flags.append(inside)
    for start in range(len(flags)):  # bridge
        run = next((n for n, flag in enumerate(flags[start:]) if flag), None)
        if run is not None and 0 < run <= gap and start > 0 and flags[start - 1]:
            flags[start : start + run] = [True] * run
    expected = set()
    for start, end in _runs(flags):
        if end - start >= shortest:
            expected |= set(range(start, end))
    shaping = Shaping(leave_at=0.3, gap_us=gap, min_duration_us=shortest)
    assert times(shaped(readings(*probabilities), 0.5, shaping)) == expected


def _runs(flags: list[bool]) -> list[tuple[int, int]]:
    edges = [
        n for n, (a, b) in enumerate(zip([False, *flags], [*flags, False], strict=True)) if a != b
    ]
    return list(zip(edges[::2], edges[1::2], strict=True))
