"""How groups of pictures are dealt out to sides so that each tag has its share on every side.

First by iterative stratification (Sechidis, Tsoumakas, Vlahavas, "On the Stratification of
Multi-Label Data", ECML PKDD 2011, algorithm 1), with groups in place of single pictures; then group
by group to wherever it does most good. Groups are coarse: of 48 tags from 158 sources the first
step alone left 6 to 9 without a test, both together 2, which have one source.
"""

import math

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Shares = tuple[float, ...]

# What it costs if a side has nothing of a tag, where missing a whole tenth costs 0.1: a tag that
# nothing is trained on is lost, one without a test is a guess, one without validation a default.
NO_TRAINING, NO_TEST, NO_VALIDATION = 100.0, 4.0, 2.0
EMPTY_SIDE = 100.0
# How much the sizes of the sides weigh against those of one tag.
SIZE_WEIGHT = 10.0
LEAST_GAIN = 1e-9


def deal(counts: Counts, sizes: Counts, shares: Shares, rng: np.random.Generator) -> Counts:
    """Return the side of each group `(G,)`, the rarest tag first and its largest group first.

    counts: `(G, T)` pictures by tag; sizes: `(G,)` pictures; shares: `(sides,)`, their sum is 1.
    """
    side = np.full(len(sizes), -1, np.int64)
    wanted = np.outer(shares, counts.sum(axis=0))  # (sides, T)
    room = np.array([math.ceil(share * sizes.sum()) for share in shares])
    chance = rng.permutation(len(sizes))
    while (waiting := np.flatnonzero(side < 0)).size:
        left = counts[waiting].sum(axis=0)
        tag = int(np.where(left > 0, left, left.max() + 1).argmin())
        of_tag = waiting[counts[waiting, tag] > 0]
        for group in of_tag[np.lexsort((chance[of_tag], -counts[of_tag, tag]))].tolist():
            fitting = np.flatnonzero(room >= sizes[group]).tolist() or [int(room.argmax())]
            lack = [(wanted[one, tag], room[one], one) for one in fitting]
            chosen = max(lack)[2]
            side[group] = chosen
            wanted[chosen] -= counts[group]
            room[chosen] -= sizes[group]
    return side


def refine(
    side: Counts, counts: Counts, sizes: Counts, shares: Shares, rng: np.random.Generator
) -> Counts:
    """Move single groups, small ones first, until no move brings the sides nearer their shares.

    side: `(G,)`; the others as in `deal`; the sides are training, validation and test.
    """
    side, balance = side.copy(), _Balance(counts, sizes, shares)
    has = balance.of(side)
    cost, moved = balance.cost(has), True
    while moved:
        moved = False
        for group in np.lexsort((rng.permutation(len(side)), sizes)).tolist():
            for to in range(len(shares)):
                other = has.copy()
                other[side[group]] -= balance.counts[group]
                other[to] += balance.counts[group]
                if (less := balance.cost(other)) < cost - LEAST_GAIN:
                    side[group], has, cost, moved = to, other, less, True
    return side


class _Balance:
    """What is wrong with sides: the chi-square distance of each tag's shares, and what is missing.

    The last column stands for all pictures.
    """

    def __init__(self, counts: Counts, sizes: Counts, shares: Shares) -> None:
        there = counts[:, counts.any(axis=0)]
        self.counts = np.column_stack([there, sizes])
        self.total = self.counts.sum(axis=0)
        self.share = np.array(shares)[:, None]  # (sides, 1)
        self.weight = np.append(np.ones(there.shape[1]), SIZE_WEIGHT)
        groups = (self.counts > 0).sum(axis=0)
        # With one group there is nothing to hold out, with two only a test.
        self.missing = np.stack(
            [NO_TRAINING * (groups > 0), NO_VALIDATION * (groups > 2), NO_TEST * (groups > 1)]
        )
        self.missing[:, -1] = EMPTY_SIDE

    def of(self, side: Counts) -> Counts:
        """Return `(sides, columns)`: how many pictures each side has."""
        return np.stack(
            [self.counts[side == number].sum(axis=0) for number in range(len(self.share))]
        )

    def cost(self, has: Counts) -> float:
        """Return how far from their shares the sides are, 0 at best."""
        distance = (has / self.total - self.share) ** 2 / self.share
        return float((distance.sum(axis=0) * self.weight).sum() + (self.missing * (has == 0)).sum())
