"""TransNetV2, as it ships: see export/transnet.py for where it is from."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .pixels_type import Pixels

GRAPH = Path(__file__).parent / "models" / "transnetv2" / "1" / "transnetv2.onnx"
# What it was trained on, whatever the film's shape.
WIDTH, HEIGHT = 48, 27

# `(T, HEIGHT, WIDTH, 3) uint8` RGB -> `(T, 2) float32`: a transition's middle is here, a part is.
Network = Callable[[Sequence[Pixels]], npt.NDArray[np.float32]]


@cache
def shipped() -> Network:
    """Open the network on one thread. Raises ModelError if it is not in this installation."""
    # A film without doubtful places needs no ONNX Runtime, which takes a while to load.
    from .sessions import Provider, open_session

    session = open_session(GRAPH, Provider.CPU, threads=1)
    return lambda thumbnails: session.run(np.stack(thumbnails))
