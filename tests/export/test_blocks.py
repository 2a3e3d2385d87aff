"""Cuts through a network: everything after one is computed from its single tensor."""

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="the export extra is not installed")

import keras
from filmdex.db.errors import ModelError
from filmdex.export.blocks import blocks_of


def branching() -> keras.Model:
    """Two blocks with a shortcut each; the shortcut of the second is made before the first ends."""
    start = keras.Input((4,))
    first = keras.layers.Dense(4, name="a_dense")(start)
    between = keras.layers.Add()([first, start])
    side = keras.layers.Dense(4)(between)
    second = keras.layers.Dense(4, name="b_dense")(between)
    end = keras.layers.Add()([keras.layers.Dense(4, name="b_more")(second), side])
    return keras.Model(start, keras.layers.Dense(2)(end))


def test_a_shortcut_is_in_the_block_that_it_spans() -> None:
    model = branching()
    stem, first, second = blocks_of(model, r"([ab])_")
    assert (stem.name, first.name, second.name) == ("stem", "a", "b")
    assert [len(block.layers) for block in (stem, first, second)] == [0, 1, 4]


def test_both_sides_of_a_cut_together_are_the_network() -> None:
    model = branching()
    (_, first, second) = blocks_of(model, r"([ab])_")
    given = np.random.default_rng(1).random((3, 4), np.float32)
    before = keras.Model(model.input, first.output)
    after = keras.Model(first.output, model.output)
    assert np.array_equal(np.asarray(after(before(given))), np.asarray(model(given)))
    assert second.output is model.output


def test_a_pattern_that_names_nothing_is_refused() -> None:
    with pytest.raises(ModelError, match="no blocks are named"):
        blocks_of(branching(), r"(c)_")
