"""The backbone in three precisions, each held against the network that was trained, on real frames.

All share one embedding space: the head is trained on the default's embeddings and serves them all.
So what counts is how far embeddings move, and how many of the head's decisions change with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ..db.errors import ModelError
from ..indexer.card import GraphPrecision, Parity, Tolerance
from ..indexer.pixels_type import Pixels
from ..indexer.sessions import Provider, Session, open_session
from . import half, quantise
from .features import BATCH
from .thresholds import as_stored

Floats = npt.NDArray[np.float32]

# What may be shipped, with room above what Inception-v3 needs (largest, mean, decisions changed:
# float32 1e-6, 6e-8, 0; float16 3e-3, 1e-4, 0; int8 0.19, 6e-3, 4e-3). In eight bits single
# features move a lot; their mean and what is decided by them must not. The mean of float16 was
# doubled for small random MobileNetV3, which needs 1.2e-3.
TOLERANCES: Mapping[GraphPrecision, Tolerance] = MappingProxyType(
    {
        "float32": Tolerance(largest=1e-4, mean=1e-5, changed_decisions=1e-3),
        "float16": Tolerance(largest=2e-2, mean=2e-3, changed_decisions=2e-3),
        "int8": Tolerance(largest=4e-1, mean=1e-2, changed_decisions=1e-2),
    }
)


@dataclass(frozen=True, slots=True)
class Witness:
    """What variants are held against: frames, and what the trained network made of them.

    frames: `(N, side, side, 3) uint8`, not those that ranges were taken from; embeddings:
    `(N, D) float32` by Keras; thresholds: `(T,)`, NaN for tags that the head does not decide.
    """

    frames: Pixels
    embeddings: Floats
    head: Session
    thresholds: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        if not len(self.frames) or len(self.frames) != len(self.embeddings):
            raise ValueError(f"{len(self.frames)} frames, {len(self.embeddings)} embeddings")

    def decisions(self, embeddings: Floats) -> npt.NDArray[np.bool_]:
        """Return which decided tags are present: `(N, T') bool`, by stored probabilities."""
        decided = ~np.isnan(self.thresholds)
        stored = embeddings.astype(np.float16).astype(np.float32)
        probabilities = as_stored(self.head.run(stored))
        return np.asarray(probabilities[:, decided] >= self.thresholds[decided])


def make(
    exact: Path, target: Path, precision: GraphPrecision, feed: str, ranges: list[Pixels]
) -> None:
    """Write the float32 graph `exact` in a precision; `ranges` are pictures for eight bits' ranges.

    feed: the name of the graph's input.
    """
    match precision:
        case "float32":
            target.write_bytes(exact.read_bytes())
        case "float16":
            half.to_float16(exact, target)
        case "int8":
            quantise.to_int8(exact, target, feed, ranges)


def parity(path: Path, witness: Witness) -> Parity:
    """Measure how far a graph is from the trained network, on this machine's CPU.

    Raises ModelError if it gives other shapes, or no numbers.
    """
    session = open_session(path, Provider.CPU, 0)
    starts = range(0, len(witness.frames), BATCH)
    got = np.concatenate([session.run(witness.frames[n : n + BATCH]) for n in starts])
    if got.shape != witness.embeddings.shape or not np.isfinite(got).all():
        raise ModelError(f"{path.name}: embeddings {got.shape}, some no numbers; do not ship this")
    off = np.abs(got - witness.embeddings) / np.abs(witness.embeddings).max()
    changed = witness.decisions(got) != witness.decisions(witness.embeddings)
    return Parity(
        frames=len(witness.frames),
        largest=float(np.format_float_scientific(off.max(), 2)),
        mean=float(np.format_float_scientific(off.mean(), 2)),
        changed_decisions=round(float(changed.mean()), 5) if changed.size else 0.0,
    )


def require(name: str, found: Parity, tolerance: Tolerance) -> None:
    """Raise ModelError if a parity is over its tolerance, naming the first number that is."""
    for what in ("largest", "mean", "changed_decisions"):
        got, allowed = getattr(found, what), getattr(tolerance, what)
        if not got <= allowed:
            raise ModelError(
                f"{name}: {what.replace('_', ' ')} {got:.2e} off the trained network, "
                f"{allowed:.0e} is allowed; leave this precision out"
            )
