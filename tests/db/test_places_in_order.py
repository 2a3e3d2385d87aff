"""Places in an order are compared in Python and in arrays alike."""

import numpy as np
from filmdex.db.places_in_order import beyond, column, first, steps
from hypothesis import given
from hypothesis import strategies as st

texts = st.none() | st.sampled_from(["", "a", "ab", "b"])
numbers = st.none() | st.integers(-2, 2) | st.sampled_from([0.5, 1.5])
places = st.tuples(numbers, st.sampled_from(["a", "ab", "b"]), st.integers(0, 3))
ways = st.tuples(st.booleans(), st.booleans(), st.booleans())


@given(st.lists(places, min_size=1, max_size=12), places, ways, st.integers(1, 5))
def test_arrays_say_what_steps_say(
    known: list[tuple[object, ...]],
    other: tuple[object, ...],
    descending: tuple[bool, ...],
    most: int,
) -> None:
    pairs = [
        column([place[n] for place in known], descending[n], other[n])  # type: ignore[misc]
        for n in range(3)
    ]
    columns, at = [values for values, _ in pairs], [beside for _, beside in pairs]
    keys = [steps(place, descending) for place in known]  # type: ignore[arg-type]
    chosen = first(columns, most).tolist()
    assert [keys[n] for n in chosen] == sorted(keys)[:most]
    after = steps(other, descending)  # type: ignore[arg-type]
    assert beyond(columns, at).tolist() == [key > after for key in keys]


def test_many_equal_places_are_narrowed_by_the_next_column() -> None:
    same, rising = np.zeros(10_000), np.arange(10_000.0)[::-1]
    assert first([same, rising], 3).tolist() == [9999, 9998, 9997]


@given(st.lists(texts, min_size=2, max_size=2), st.booleans())
def test_what_is_unknown_comes_last(pair: list[str | None], descending: bool) -> None:
    one, other = steps(pair, (descending, descending))
    if pair[0] is None:
        assert not one < other
    elif pair[1] is None:
        assert one < other
