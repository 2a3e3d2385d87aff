"""Pictures that were judged, made up: every test knows what is wrong with them."""

import numpy as np
from filmdex.export.evaluation.judged import Judged

TAGS = ("Forest", "Beach/Sea", "War")


def made_up(seed: int = 1, pictures: int = 240, sources: int = 24, settled: float = 0.9) -> Judged:
    """Make pictures whose tags are found better than by chance, with ties in the probabilities."""
    rng = np.random.default_rng(seed)
    labels = (rng.random((pictures, len(TAGS))) < 0.3).astype(np.float32)
    noise = rng.normal(0.35 + 0.25 * labels, 0.2)
    return Judged(
        tags=TAGS,
        labels=labels,
        settled=rng.random(labels.shape) < settled,
        probabilities=np.round(np.clip(noise, 0, 1), 2),
        sources=tuple(f"s{number}" for number in rng.integers(0, sources, pictures)),
        names=tuple(f"picture {number}.jpg" for number in range(pictures)),
    )


def plain(
    labels: list[list[int]], probabilities: list[list[float]], sources: str | None = None
) -> Judged:
    """Make judged pictures from lists, one row a picture, every label settled."""
    count = len(labels)
    return Judged(
        tags=tuple("ABCDEFGH"[: len(labels[0])]),
        labels=np.array(labels, np.float32),
        settled=np.ones((count, len(labels[0])), np.bool_),
        probabilities=np.array(probabilities, np.float64),
        sources=tuple(sources or [f"s{number}" for number in range(count)]),
        names=tuple(f"{number}.jpg" for number in range(count)),
    )
