"""Where a network can be cut in two: the ends of its blocks, found in its graph.

A cut needs a single tensor that everything after it is computed from. Layers are not in blocks
by their place in a list (shortcuts stand elsewhere), and many have numbers for names that depend on
what else was built in the process; so the graph is asked.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import keras

from ..db.errors import ModelError

STEM = "stem"


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a network between two cuts: its last tensor, and its layers that have weights."""

    name: str
    output: keras.KerasTensor
    layers: tuple[keras.Layer, ...]


def blocks_of(body: keras.Model, pattern: str) -> tuple[Block, ...]:
    """Divide a network into blocks, each layer with weights in exactly one.

    pattern: its groups name the block from a layer's name. What comes before the first such layer
    is the `stem`; what has no name belongs to what comes before it. The last block ends with the
    network's output. Raises ModelError if there are fewer than two blocks.
    """
    parts: list[tuple[str, list[keras.Operation]]] = []
    for stretch in _between_cuts(body):
        name = _name(stretch, pattern)
        if parts and name in (None, parts[-1][0]):
            parts[-1][1].extend(stretch)
        else:
            parts.append((name or STEM, list(stretch)))
    if len(parts) < 2:
        raise ModelError(f"{body.name}: no blocks are named {pattern}")
    return tuple(Block(name, part[-1].output, _with_weights(part)) for name, part in parts)


def _between_cuts(body: keras.Model) -> Iterator[list[keras.Operation]]:
    """Yield the operations in order of computation, divided where all goes through one tensor."""
    operations = body.operations
    made_by = {id(operation.output): place for place, operation in enumerate(operations)}
    last_read = list(range(len(operations)))
    for place, operation in enumerate(operations):
        for tensor in _inputs(operation):
            last_read[made_by[id(tensor)]] = max(last_read[made_by[id(tensor)]], place)
    stretch: list[keras.Operation] = []
    open_until = 0  # up to where anything before this operation is still read
    for place, operation in enumerate(operations):
        stretch.append(operation)
        if open_until <= place:
            yield stretch
            stretch = []
        open_until = max(open_until, last_read[place])
    if stretch:
        yield stretch


def _inputs(operation: keras.Operation) -> Sequence[keras.KerasTensor]:
    if isinstance(operation, keras.layers.InputLayer):
        return ()
    read = operation.input
    return read if isinstance(read, (list, tuple)) else (read,)


def _name(stretch: Sequence[keras.Operation], pattern: str) -> str | None:
    for operation in reversed(stretch):
        if found := re.match(pattern, operation.name):
            return next(group for group in found.groups() if group)
    return None


def _with_weights(part: Sequence[keras.Operation]) -> tuple[keras.Layer, ...]:
    return tuple(op for op in part if isinstance(op, keras.Layer) and op.weights)
