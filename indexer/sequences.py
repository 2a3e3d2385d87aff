"""Neighbouring shots that look alike, put together to sequences: what a cataloguer writes down.

Kernel change-point detection with a linear kernel on the shots' embeddings (Harchaoui and Cappe,
"Retrospective multiple change-point estimation with kernels", IEEE SSP 2007; for video: Potapov et
al., "Category-specific video summarization", ECCV 2014). Of all ways to part the film the one is
taken whose shots are nearest to their sequence's mean, at a price for each sequence; dynamic
programming finds it exactly (Jackson et al., IEEE Signal Processing Letters 12, 2005).
"""

import numpy as np
import numpy.typing as npt

Directions = npt.NDArray[np.float32]

# What another sequence must explain, in units of what differs between neighbouring shots. A choice
# of taste, made on no labels: about two sequences a minute in the film that it was tried on.
PRICE = 1.4
# A shot or two that look different are an insert, not a sequence.
FEWEST_SHOTS = 3
# Longer sequences are parted; it bounds the work.
MOST_SHOTS = 400


def directions(embeddings: list[npt.NDArray[np.float32] | None]) -> Directions:
    """Return `(S, D)`: the direction of each shot's mean embedding, zero for one without any.

    embeddings: of each shot the `(n, D)` of its samples, None where nothing was seen.
    """
    width = max((one.shape[1] for one in embeddings if one is not None), default=0)
    means = np.zeros((len(embeddings), width), np.float32)
    for place, one in enumerate(embeddings):
        if one is not None:
            means[place] = one.mean(axis=0)
    result: Directions = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    return result


def begins(shots: Directions) -> list[int]:
    """Return the places of the shots that begin a sequence, the first of which is 0.

    shots: `(S, D)` directions; one that is zero (nothing was seen) goes with the one before it.
    """
    seen = np.flatnonzero(shots.any(axis=1))
    if len(seen) < 2 * FEWEST_SHOTS:
        return [0] if len(shots) else []
    places = _parted(shots[seen], PRICE * _usual_difference(shots[seen]))
    return [0, *seen[places[1:]].tolist()]


def _usual_difference(shots: Directions) -> float:
    """Return the median of `1 - cosine` between neighbours: twice their variance about a mean."""
    return float(np.median(1.0 - (shots[:-1] * shots[1:]).sum(axis=1)))


def _parted(shots: Directions, price: float) -> list[int]:
    """Return where the sequences begin that are cheapest together."""
    count = len(shots)
    sums = np.zeros((count + 1, shots.shape[1]))
    np.cumsum(shots, axis=0, out=sums[1:])
    best, came_from = np.full(count + 1, np.inf), np.zeros(count + 1, np.intp)
    best[0] = 0.0
    for end in range(FEWEST_SHOTS, count + 1):
        first = np.arange(max(0, end - MOST_SHOTS), end - FEWEST_SHOTS + 1)
        within = sums[end] - sums[first]
        # Of n directions with sum s, the squared distances from their mean add up to n - |s|^2 / n.
        length = end - first
        cost = length - (within**2).sum(axis=1) / length
        total = best[first] + cost + price
        best[end], came_from[end] = total.min(), first[total.argmin()]
    places: list[int] = []
    end = count
    while end:
        end = int(came_from[end])
        places.append(end)
    return places[::-1]
