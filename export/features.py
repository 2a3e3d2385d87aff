"""Embeddings of pictures, exactly as the indexer will store them."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..db.vectors import HALF
from ..indexer.pixels_type import Pixels
from ..indexer.sessions import Provider, open_session

Floats = npt.NDArray[np.float32]

BATCH = 8


def embed(graph: Path, pictures: Iterable[Pixels], threads: int = 0) -> Floats:
    """Return `(N, D) float32` embeddings, rounded to float16, of pictures of the input's size."""
    session = open_session(graph, Provider.CPU, threads)
    made = [session.run(np.stack(batch)) for batch in _batches(iter(pictures))]
    return np.concatenate(made).astype(HALF).astype(np.float32)


def _batches(pictures: Iterator[Pixels]) -> Iterator[list[Pixels]]:
    while batch := list(islice(pictures, BATCH)):
        yield batch
