"""How relevant each tag is to a film: the running sums, and what they come to at the end.

Relevance follows Khan et al., "Movies Tags Extraction Using Deep Learning", AVSS 2017. With P[j, i]
the probability of tag i in sample j of N (blank ones left out), and n_i the samples in which tag i
is present: W_i = n_i / N * sum_j P[j, i] and R_i = (W_i - W_min) / (W_max - W_min).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from types import MappingProxyType
from typing import Self

import numpy as np
import numpy.typing as npt

from ..db.records import US_PER_SECOND, FilmTag

Vectors = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TagRule:
    """When a tag is present: in a sample or shot from `threshold` on, in a film by its limits.

    `column` is the tag's place in a vector of probabilities.
    """

    tag: str
    column: int
    threshold: float
    seconds: float
    coverage: float
    peak: float


@dataclass(slots=True)
class _Sums:
    probability: float = 0.0
    present_samples: int = 0
    present_us: int = 0
    peak: float = 0.0


@dataclass(slots=True)
class FilmTally:
    """Adds up a film shot by shot, in memory that does not grow with it."""

    rules: tuple[TagRule, ...]
    samples: int = 0
    shots: int = 0
    _sums: list[_Sums] = field(init=False)

    def __post_init__(self) -> None:
        self._sums = [_Sums() for _ in self.rules]

    @classmethod
    def loads(cls, rules: tuple[TagRule, ...], text: str) -> Self:
        """Go on from what `dumps` wrote, to the last bit. The rules must be those it had."""
        samples, shots, sums = json.loads(text)
        tally = cls(rules, samples, shots)
        if len(sums) != len(rules):
            raise ValueError(f"a tally of {len(sums)} tags for {len(rules)} rules")
        tally._sums = [_Sums(*one) for one in sums]
        return tally

    def dumps(self) -> str:
        """Write the sums down; Python's JSON brings every float back as it was."""
        return json.dumps([self.samples, self.shots, [astuple(one) for one in self._sums]])

    def add(
        self, length_us: int, shot: Sequence[float], informative: Iterable[Sequence[float]]
    ) -> None:
        """Add a shot: its length, its vector, and the vectors of its samples that are not blank."""
        self.shots += 1
        for vector in informative:
            self.samples += 1
            for rule, sums in zip(self.rules, self._sums, strict=True):
                probability = vector[rule.column]
                sums.probability += probability
                sums.present_samples += probability >= rule.threshold
        for rule, sums in zip(self.rules, self._sums, strict=True):
            probability = shot[rule.column]
            sums.peak = max(sums.peak, probability)
            if probability >= rule.threshold:
                sums.present_us += length_us

    @classmethod
    def over(
        cls,
        rules: tuple[TagRule, ...],
        lengths_us: npt.NDArray[np.int64],
        shots: Vectors,
        informative: Vectors,
    ) -> Self:
        """Add up a whole film: the same sums, to the last bit, as shot by shot with `add`.

        lengths_us: `(S,)` and shots: `(S, T)` of the shots that were looked at; informative:
        `(N, T)` of their samples that are not blank, in order.
        """
        tally = cls(rules, samples=len(informative), shots=len(shots))
        for rule, sums in zip(rules, tally._sums, strict=True):
            of_samples, of_shots = informative[:, rule.column], shots[:, rule.column]
            # cumsum adds one after the other, as `add` does; `sum` does it by pairs.
            sums.probability = float(np.cumsum(of_samples)[-1]) if len(of_samples) else 0.0
            sums.present_samples = int((of_samples >= rule.threshold).sum())
            sums.present_us = int(lengths_us[of_shots >= rule.threshold].sum())
            sums.peak = float(of_shots.max(initial=0.0))
        return tally

    def film_tags(
        self, duration_us: int, known: Mapping[str, float] = MappingProxyType({})
    ) -> tuple[FilmTag, ...]:
        """Return every tag's relevance and extent, most relevant first.

        known: weights of tags whose samples were not added, from an earlier run.
        Nothing at all is said of a film of which no shot was looked at. Where all weights are equal
        (a blank film, say) no tag stands out and every relevance is 0.
        """
        if not self.shots:
            return ()
        weights = [
            known.get(rule.tag, sums.present_samples / max(self.samples, 1) * sums.probability)
            for rule, sums in zip(self.rules, self._sums, strict=True)
        ]
        least, most = min(weights, default=0.0), max(weights, default=0.0)
        spread = most - least
        tags = (
            self._film_tag(
                rule, sums, weight, (weight - least) / spread if spread else 0.0, duration_us
            )
            for rule, sums, weight in zip(self.rules, self._sums, weights, strict=True)
        )
        return tuple(sorted(tags, key=lambda tag: (-tag.relevance, tag.tag)))

    @staticmethod
    def _film_tag(
        rule: TagRule, sums: _Sums, weight: float, relevance: float, duration_us: int
    ) -> FilmTag:
        seconds = sums.present_us / US_PER_SECOND
        coverage = min(1.0, sums.present_us / duration_us)
        return FilmTag(
            tag=rule.tag,
            relevance=relevance,
            weight=weight,
            seconds=seconds,
            coverage=coverage,
            peak=sums.peak,
            present=seconds >= rule.seconds
            and coverage >= rule.coverage
            and sums.peak >= max(rule.peak, rule.threshold),
        )


def shot_vector(samples: Sequence[Sequence[float]], width: int) -> tuple[float, ...]:
    """Return the maximum over a shot's samples for each tag; all zero if every one was blank."""
    return tuple(max(column) for column in zip(*samples, strict=True)) or (0.0,) * width
