"""A backbone of Keras as a fixed extractor, at its end or at an earlier stage (a linear probe)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..indexer.framing_names import FramingName
from ..indexer.pixels_type import Pixels
from .backbones import Network, applied

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Stage:
    """The global average of what a network has at the end of one of its blocks."""

    digest: str
    framing: FramingName
    side: int
    width: int
    _apply: Callable[[Pixels], Floats]

    @classmethod
    def of(cls, network: Network, framing: FramingName, stage: str | None = None) -> "Stage":
        """Take a network's stage by name, or its embedding.

        Raises ModelError if there is no such stage.
        """
        name = network.blocks[-1].name if stage is None else stage
        model = network.probe(name)
        return cls(
            digest=hashlib.sha256(f"{network.digest} {name}".encode()).hexdigest(),
            framing=framing,
            side=network.side,
            width=int(model.output.shape[-1]),
            _apply=applied(model),
        )

    def features(self, pictures: Pixels) -> Floats:
        """Return `(N, width) float32` for `(N, side, side, 3) uint8` RGB."""
        return self._apply(pictures)
