"""Blocks of films: what is put in comes out again, whatever else lies beside it."""

import numpy as np
import pytest
from filmdex.db.blocks import (
    Block,
    Shelved,
    kept_from,
    packed_lengths,
    packed_ordinals,
    unpacked_lengths,
    unpacked_ordinals,
)
from filmdex.db.tables import FLOOR
from filmdex.db.vectors import HALF, bits_from
from hypothesis import example, given
from hypothesis import strategies as st

numbers = st.lists(st.integers(0, 2**16 + 9), min_size=1, unique=True).map(sorted)
lengths = st.lists(st.integers(1, 2**32 + 9), max_size=4)


@st.composite
def films(draw: st.DrawFn) -> Shelved:
    of_film = draw(lengths)
    some = st.sets(st.sampled_from(range(len(of_film)))) if of_film else st.just(set[int]())
    tags = {n: sorted(kept) for n in (1, 2, 3) if (kept := draw(some))}
    unseen = sorted(draw(some))
    return Shelved(
        draw(st.integers(0, 5)),
        draw(st.integers(1, 9)),
        draw(st.integers(1, 9)),
        np.array(of_film, np.int64),
        np.array(unseen, np.int64),
        {
            tag_id: (np.array(kept, np.int64), np.linspace(0, 1, len(kept)).astype(HALF))
            for tag_id, kept in tags.items()
        },
    )


@given(st.lists(films(), max_size=6), st.integers(0, 5))
def test_the_last_of_each_film_is_in_it_and_no_other(put: list[Shelved], gone: int) -> None:
    block = Block.empty()
    for one in put:
        block = block.with_film(one)
    assert read(block) == {one.film_id: said(one) for one in put}
    left = {one.film_id: said(one) for one in put if one.film_id != gone}
    assert read(block.without(gone)) == left


def said(one: Shelved) -> object:
    tags = {tag: (kept.tolist(), values.tolist()) for tag, (kept, values) in one.tags.items()}
    return one.run_id, one.model_id, one.lengths_us.tolist(), one.unseen.tolist(), tags


def read(block: Block) -> dict[int, object]:
    """Take a block apart again, film by film."""
    shots = np.split(block.lengths_us, np.cumsum(block.films["shots"])[:-1])
    dark = np.split(block.unseen, np.cumsum(block.films["unseen"])[:-1])
    found = {}
    for n, film in enumerate(block.films):
        tags = {}
        for tag_id, part in block.tags.items():
            start, size = int(part.sizes[:n].sum()), int(part.sizes[n])
            if size:
                here = slice(start, start + size)
                tags[tag_id] = part.ordinals[here].tolist(), part.probabilities[here].tolist()
        found[int(film["film_id"])] = (
            int(film["run_id"]),
            int(film["model_id"]),
            shots[n].tolist(),
            dark[n].tolist(),
            tags,
        )
    return found


@given(st.lists(numbers, max_size=4))
def test_rows_are_read_as_they_were_packed(kept: list[list[int]]) -> None:
    packed = [packed_ordinals(np.array(row, np.int64)) for row in kept]
    unpacked = unpacked_ordinals(packed, [len(row) for row in kept])
    assert unpacked.tolist() == [ordinal for row in kept for ordinal in row]


@given(st.lists(lengths, max_size=4))
def test_lengths_are_read_as_they_were_packed(kept: list[list[int]]) -> None:
    packed = [packed_lengths(np.array(row, np.int64)) for row in kept]
    unpacked = unpacked_lengths(packed, [len(row) for row in kept])
    assert unpacked.tolist() == [length for row in kept for length in row]


@pytest.mark.parametrize(("last", "size"), [(2**16 - 1, 2), (2**16, 4)])
def test_long_films_take_four_bytes(last: int, size: int) -> None:
    assert len(packed_ordinals(np.array([0, last]))) == 2 * size


@pytest.mark.parametrize(("longest", "size"), [(2**32 - 1, 4), (2**32, 8)])
def test_shots_of_over_an_hour_take_eight_bytes(longest: int, size: int) -> None:
    assert len(packed_lengths(np.array([1, longest]))) == 2 * size


def test_what_is_kept() -> None:
    assert kept_from([None, 0.5, FLOOR / 2]).tolist() == [np.inf, FLOOR, FLOOR / 2]


halves = st.integers(0, 0x7C00).map(lambda bits: float(np.uint16(bits).view(HALF)))


@given(halves, st.floats(-1, 2) | halves)
@example(0.0, -0.0)
def test_bits_stand_in_the_order_of_halves(half: float, number: float) -> None:
    bits = int(HALF.type(half).view(np.uint16))
    assert (bits >= bits_from(number)) == (half >= number)
    assert (bits >= bits_from(number, beyond=True)) == (half > number)
