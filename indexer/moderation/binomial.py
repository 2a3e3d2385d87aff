"""Exact bounds on a share from counted cases, without a statistics library.

Clopper and Pearson, "The Use of Confidence or Fiducial Limits Illustrated in the Case of the
Binomial", Biometrika 26 (1934): the upper bound on a share, k of n having been counted, is the p at
which k or fewer would be counted with probability 1 - confidence. It is found by halving, on the
binomial's own sum, so that nothing is approximated but the last bits of p.
"""

import math

HALVINGS = 60


def upper_bound(hits: int, cases: int, confidence: float) -> float:
    """Return the one-sided upper bound on the share of hits; 1 if nothing was counted."""
    _check(hits, cases, confidence)
    if hits == cases:
        return 1.0
    low, high = hits / cases, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if at_most(hits, cases, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def lower_bound(hits: int, cases: int, confidence: float) -> float:
    """Return the one-sided lower bound on the share of hits; 0 if nothing was counted."""
    _check(hits, cases, confidence)
    return 1.0 - upper_bound(cases - hits, cases, confidence)


def at_most(hits: int, cases: int, share: float) -> float:
    """Return the probability of at most so many hits: P(Bin(cases, share) <= hits)."""
    if share in (0.0, 1.0):
        return 1.0 if share == 0.0 or hits >= cases else 0.0
    log_yes, log_no = math.log(share), math.log1p(-share)
    whole = math.lgamma(cases + 1)
    logs = [
        whole - math.lgamma(k + 1) - math.lgamma(cases - k + 1) + k * log_yes + (cases - k) * log_no
        for k in range(hits + 1)
    ]
    return min(1.0, math.fsum(map(math.exp, logs)))


def _check(hits: int, cases: int, confidence: float) -> None:
    if not 0 <= hits <= cases or not 0 < confidence < 1:
        raise ValueError(f"{hits} of {cases} with confidence {confidence} is no count")
