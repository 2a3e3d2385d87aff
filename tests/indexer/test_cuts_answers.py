"""From answers to boundaries."""

import itertools

from filmdex.indexer.cuts_answers import Answer, Edge, Reader
from hypothesis import given
from hypothesis import strategies as st


def edges(answers: list[Answer]) -> list[Edge]:
    reader = Reader()
    found = []
    for answer in answers:
        new = list(reader.feed(answer))
        assert all(edge.number >= answer.number for edge in new)
        found += new
    return found


def answers(
    frames: int, middles: set[int], parts: set[int], cuts: frozenset[int] = frozenset()
) -> list[Answer]:
    return [Answer(n, 0.9 * (n in middles), 0.9 * (n in parts), n in cuts) for n in range(frames)]


def test_a_cut_begins_with_the_frame_after_its_middle() -> None:
    assert edges(answers(30, {9}, {9, 10})) == [Edge(10, 10)]


def test_a_gradual_transition_ends_with_the_first_frame_that_is_no_part() -> None:
    assert edges(answers(40, {15}, set(range(10, 20)))) == [Edge(10, 20)]


def test_a_transition_in_which_the_film_ends_begins_no_shot() -> None:
    assert edges(answers(20, {15}, set(range(10, 20)))) == []


def test_a_transition_ends_where_the_next_one_has_its_middle() -> None:
    assert edges(answers(40, {15, 25}, set(range(10, 30)))) == [Edge(10, 25), Edge(26, 26)]


def test_parts_without_a_middle_are_no_boundary() -> None:
    assert edges(answers(40, set(), set(range(10, 20)))) == []


def test_a_settled_cut_that_the_network_saw_too_is_one() -> None:
    assert edges(answers(40, {9}, {9, 10}, frozenset({10}))) == [Edge(10, 10)]
    assert edges(answers(40, {10}, {9, 10, 11}, frozenset({10}))) == [Edge(10, 10)]


def test_a_fade_is_one_boundary_with_its_beginning() -> None:
    told = answers(40, set(), set())
    told[20] = Answer(20, cut=True, mixed_from=12)
    assert edges(told) == [Edge(12, 20)]


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 9)), max_size=80))
def test_boundaries_are_in_order_and_do_not_overlap(told: list[tuple[bool, bool, int]]) -> None:
    found = edges([Answer(n, middle, part, cut == 0) for n, (middle, part, cut) in enumerate(told)])
    for before, after in itertools.pairwise(found):
        assert before.number <= after.number
        assert after.first >= before.number or after.first == after.number
