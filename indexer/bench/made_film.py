"""Films that are made up, for libraries of any size: how long shots are, and what shows in them.

Shots' lengths are log-normal, as film studies find them (N. Redfern, "The lognormal distribution is
not an appropriate parametric model for shot length distributions", 2012, says where that fails: the
tails), a mean of 4.8 s; films have some 1,200 of them. A few tags are common and most are rare. A
film that shows a tag shows it in sequences, of one shot or of many, with probabilities from far
below the tag's threshold to 1. Everything else is noise: low, and sometimes over the floor.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...db.records import (
    US_PER_SECOND,
    Boundary,
    FilmFacts,
    ModelFacts,
    Sample,
    SeenShot,
    Shot,
    ShotState,
    Span,
)

SHOTS = 1_200
# So many different embeddings there are, by turns.
EMBEDDINGS = 4_096
_NOISE_ROWS = 1 << 16
# The share of films that show the most common tag; the r-th most common shows in 1/r^0.8 of that.
_COMMONEST = 0.6
_UNSEEN_SHARE = 0.02
_LONG_US = 10 * US_PER_SECOND
_WORDS = (
    "night river house garden winter letter stranger return summer train street island mother"
    " shadow bridge border silence harvest station window mountain market war peace fire water"
    " stone road north south last first old new great small red blue white black king queen"
)
_PICTURES = (
    (1920, 1080, "h264"),
    (1280, 720, "h264"),
    (720, 576, "mpeg2video"),
    (3840, 2160, "hevc"),
)

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Maker:
    """Makes films up, each by its number alone. `noise`: `(N, T)` of which films take stretches."""

    model: ModelFacts
    seed: int
    noise: Probabilities
    vectors: tuple[bytes, ...]

    @classmethod
    def of(cls, model: ModelFacts, seed: int, vectors: tuple[bytes, ...] = ()) -> "Maker":
        """Prepare the noise. vectors: embeddings that shots have by turns, if any."""
        rng = np.random.default_rng(seed)
        noise = rng.beta(0.3, 20, (_NOISE_ROWS, len(model.tags))).astype(np.float16)
        return cls(model, seed, noise.astype(np.float64), vectors)

    def generator(self, number: int) -> np.random.Generator:
        """Return what a film's numbers come from."""
        return np.random.default_rng((self.seed, number))

    def title(self, number: int) -> str:
        """Make up a title of two to four words."""
        rng = np.random.default_rng((self.seed, number, 1))
        words = rng.choice(_WORDS.split(), rng.integers(2, 5), replace=False)
        return f"The {' '.join(words.tolist()).title()} {number}"

    def facts(self, number: int, lengths_us: npt.NDArray[np.int64]) -> FilmFacts:
        """Make up what probing would say."""
        width, height, codec = _PICTURES[number % 7 % len(_PICTURES)]
        rate, duration_us = (25.0, 24.0)[number % 2], int(lengths_us.sum())
        frames = int(duration_us * rate / US_PER_SECOND)
        return FilmFacts("matroska", codec, width, height, 0, rate, duration_us, 0, frames, 0)

    def lengths_us(self, rng: np.random.Generator, mean: int) -> npt.NDArray[np.int64]:
        """Make up how long a film's shots are, `(S,)`; mean: of S over many films."""
        count = max(1, round(rng.lognormal(np.log(mean) - 0.08, 0.4)))
        seconds = np.clip(rng.lognormal(np.log(3.2), 0.9, count), 0.2, 240)
        lengths_us: npt.NDArray[np.int64] = (seconds * US_PER_SECOND).astype(np.int64)
        return lengths_us

    def probabilities(self, rng: np.random.Generator, shots: int) -> Probabilities:
        """Make up what shows, `(S, T)`, exact in float16."""
        places = (rng.integers(0, _NOISE_ROWS) + np.arange(shots)) % _NOISE_ROWS
        found = self.noise[places].copy()
        reported = [n for n, tag in enumerate(self.model.tags) if tag.threshold is not None]
        # Which tag is how common is the seed's to say, not the vocabulary's order.
        ranks = np.random.default_rng(self.seed).permutation(len(reported)) + 1
        for column, shows in zip(
            reported, rng.random(len(reported)) < _COMMONEST / ranks**0.8, strict=True
        ):
            if shows:
                threshold = self.model.tags[column].threshold or 0.0
                self._show(rng, found[:, column], threshold)
        rounded: Probabilities = found.astype(np.float16).astype(np.float64)
        return rounded

    @staticmethod
    def _show(rng: np.random.Generator, of_tag: Probabilities, threshold: float) -> None:
        sequences = 1 + int(rng.lognormal(np.log(4), 1.4))
        for first in rng.integers(0, len(of_tag), sequences).tolist():
            piece = of_tag[first : first + int(rng.geometric(1 / 6))]
            piece[:] = threshold / 2 + (1 - threshold / 2) * rng.beta(0.8, 1.6, len(piece))

    def shots(
        self, rng: np.random.Generator, lengths_us: npt.NDArray[np.int64], vectors: Probabilities
    ) -> list[SeenShot]:
        """Put a film's shots together, looked at in their middle; in a few films one is lost."""
        ends = np.cumsum(lengths_us).tolist()
        lost = int(rng.integers(0, len(ends))) if rng.random() < _UNSEEN_SHARE else -1
        shots, start_us = [], 0
        for n, (end_us, row) in enumerate(zip(ends, vectors.tolist(), strict=True)):
            span, begins = Span(start_us, end_us), Boundary(start_us, start_us)
            if n == lost:
                shots.append(SeenShot(Shot(span, begins, ShotState.NOT_LOOKED_AT, (), None), ()))
            else:
                shots.append(self._seen(span, begins, tuple(row), n))
            start_us = end_us
        return shots

    def _seen(
        self, span: Span, begins: Boundary, vector: tuple[float, ...], number: int
    ) -> SeenShot:
        # Without embeddings samples are called blank: of all others there is one.
        state = ShotState.LOOKED_AT if self.vectors else ShotState.BLANK
        parts = 1 if span.length_us <= _LONG_US else 3
        step_us = span.length_us // (2 * parts)
        times_us = [span.start_us + step_us * at for at in (1, 3, 5)[:parts]]
        samples = tuple([Sample(time_us, state) for time_us in times_us])
        embeddings: tuple[bytes | None, ...] = (None,) * parts
        if self.vectors:
            embeddings = tuple([self.vectors[(number + at) % EMBEDDINGS] for at in range(parts)])
        shot = Shot(span, begins, ShotState.LOOKED_AT, samples, vector)
        return SeenShot(shot, embeddings)
