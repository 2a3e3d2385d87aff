"""What a bundle is put together from (`assemble.py`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras

from ..indexer.bundle import Bundle
from ..indexer.card import DataSet, Graph, GraphPrecision, Input, TagCard
from ..indexer.pixels_type import Pixels


@dataclass(frozen=True, slots=True)
class Identity:
    """What a model is called."""

    name: str
    version: str
    description: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a graph's weights are from, and what allows passing them on."""

    source: str
    licence: str


@dataclass(frozen=True, slots=True)
class TrainedBackbone:
    """A Keras model, uint8 `(N, side, side, 3)` -> `(N, D)`, to be converted.

    precisions: the first runs by default. ranges: `(N, side, side, 3) uint8` pictures for the
    ranges of eight bits.
    """

    model: keras.Model
    origin: Origin
    precisions: tuple[GraphPrecision, ...]
    ranges: Pixels


@dataclass(frozen=True, slots=True)
class BorrowedBackbone:
    """The backbone of a bundle, taken byte for byte: what a library has stored stays comparable."""

    lender: Bundle


@dataclass(frozen=True, slots=True)
class ExpertFile:
    """A graph that goes into the bundle as it is."""

    path: Path
    graph: Graph


@dataclass(frozen=True, slots=True)
class Parts:
    """All that a bundle is made of.

    logits: a Keras model `(N, D)` -> `(N, T)`, behind which the calibrations of `tags` are put;
    frames: `(N, side, side, 3) uint8`, real ones, that nothing else was chosen on; notices: texts
    by file name.
    """

    identity: Identity
    input: Input
    backbone: TrainedBackbone | BorrowedBackbone
    logits: keras.Model
    head_origin: Origin
    tags: tuple[TagCard, ...]
    frames: Pixels
    training: Mapping[str, Any]
    data_set: DataSet
    measurements: Mapping[str, Any] = field(default_factory=dict)
    experts: tuple[ExpertFile, ...] = ()
    notices: Mapping[str, str] = field(default_factory=dict)
    single: bool = False
