"""How often a 95 % interval from drawing sources again holds the truth.

    python tests/bench/coverage.py [--worlds 300]

Makes data sets of 150 sources of uneven size, some of which show a tag, each source with a leaning
of its own, and counts how often each kind of interval holds what 40,000 such sources give.
Percentile intervals are what filmdex reports; the other two are what was compared.
"""

import argparse

import numpy as np
from filmdex.export.evaluation.bootstrap import draws, replicates
from filmdex.export.evaluation.judged import OneTag
from filmdex.export.evaluation.metrics import metrics
from scipy.stats import norm

SOURCES, MANY, DRAWS, THRESHOLD = 150, 40_000, 400, 0.3
NAMES = ("auc", "average_precision", "f1", "recall", "precision")
KINDS = ("percentile", "accelerated", "reversed")


def world(rng: np.random.Generator, sources: int, with_tag: float) -> OneTag:
    """Make pictures; a share `with_tag` of the sources shows the tag often, the others hardly."""
    sizes = np.maximum(rng.lognormal(2.3, 1.1, sources).astype(int), 1)
    clusters = np.repeat(np.arange(sources), sizes)
    rate = np.where(rng.random(sources) < with_tag, rng.beta(3, 2, sources), 0.004)
    shown = rng.random(len(clusters)) < rate[clusters]
    leaning = rng.normal(0, 0.8, sources)[clusters]
    logits = rng.normal(0, 1.3, len(clusters)) + leaning + 3.0 * shown - 3
    return OneTag(np.arange(len(clusters)), 1 / (1 + np.exp(-logits)), shown, clusters)


def intervals(value: float, drawn: np.ndarray, without_one: np.ndarray) -> dict[str, np.ndarray]:
    """Return each kind of interval; `without_one` is the metric with each source left out."""
    drawn, without_one = drawn[np.isfinite(drawn)], without_one[np.isfinite(without_one)]
    plain = np.quantile(drawn, [0.025, 0.975])
    under = np.mean(drawn < value) + np.mean(drawn == value) / 2
    bias = norm.ppf(np.clip(under, 0.002, 0.998))
    away = without_one.mean() - without_one
    acceleration = (away**3).sum() / (6 * (away**2).sum() ** 1.5 + 1e-12)
    moved = bias + np.array([-1.96, 1.96])
    shares = norm.cdf(bias + moved / (1 - acceleration * moved))
    return {
        "percentile": plain,
        "accelerated": np.quantile(drawn, shares),
        "reversed": 2 * value - plain[::-1],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=300)
    worlds = parser.parse_args().worlds
    rng = np.random.default_rng(0)
    for with_tag in (0.06, 0.15):
        many = world(rng, MANY, with_tag)
        truth = metrics(many.probabilities, many.shown, many.probabilities >= THRESHOLD)
        held: dict[tuple[str, str], list[bool]] = {}
        for number in range(worlds):
            one = world(rng, SOURCES, with_tag)
            taken = one.probabilities >= THRESHOLD
            value = metrics(one.probabilities, one.shown, taken)
            drawn = replicates(one, taken, draws(SOURCES, DRAWS, number))
            left_out = replicates(one, taken, 1 - np.eye(SOURCES))
            for name in NAMES:
                found = intervals(value[name], drawn[name], left_out[name])
                for kind in KINDS:
                    low, high = found[kind]
                    held.setdefault((name, kind), []).append(low <= truth[name] <= high)
        print(f"about {SOURCES * with_tag:.0f} sources with the tag")
        for name in NAMES:
            shares = (f"{kind} {np.mean(held[name, kind]):.2f}" for kind in KINDS)
            print(f"  {name:18}", *shares)


if __name__ == "__main__":
    main()
