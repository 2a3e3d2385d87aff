"""Cuts against frame-exact truth, by TRECVID's rules for shot boundaries.

Times are compared. A tolerance of k frames is `(k + 0.5) / fps` seconds, so that 0 means the same
frame. A cut is matched by one detection, closest pairs first. A gradual transition is found by a
detection in it that no cut has used; further ones in it are neutral, as are those in stretches
that the truth tells to ignore. Every other detection is a false alarm.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Self

from ...db.records import US_PER_SECOND


@dataclass(frozen=True, slots=True)
class Truth:
    """One film's boundaries: cuts, and first and last time of transitions and of the ignored."""

    file: str
    fps: float
    cuts_us: tuple[int, ...]
    transitions_us: tuple[tuple[int, int], ...]
    ignored_us: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        if self.fps <= 0:
            raise ValueError(f"{self.file}: {self.fps} frames a second")

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read a truth file's JSON. Raises KeyError or ValueError if it is none."""
        return cls(
            file=document["file"],
            fps=document["fps"],
            cuts_us=tuple(cut["us"] for cut in document["cuts"]),
            transitions_us=_intervals(document["transitions"]),
            ignored_us=_intervals(document.get("ignore", ())),
        )


def _intervals(rows: Iterable[Mapping[str, int]]) -> tuple[tuple[int, int], ...]:
    return tuple((row["first_us"], row["last_us"]) for row in rows)


@dataclass(frozen=True, slots=True)
class Score:
    """How many boundaries were found, how many detections were none, how many were missed."""

    found: int = 0
    false: int = 0
    missed: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(self.found + other.found, self.false + other.false, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """The share of detections that are boundaries; 1 if there are none."""
        return self.found / (self.found + self.false) if self.found + self.false else 1.0

    @property
    def recall(self) -> float:
        """The share of boundaries that were found; 1 if there are none."""
        return self.found / (self.found + self.missed) if self.found + self.missed else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def score(truth: Truth, cuts_us: Iterable[int], tolerance_frames: int) -> Score:
    """Score one film's detections within a tolerance."""
    half_us = (tolerance_frames + 0.5) / truth.fps * US_PER_SECOND
    detected = sorted(set(cuts_us))
    left = set(detected)
    found = _match_cuts(truth.cuts_us, detected, half_us, left)
    for first_us, last_us in truth.transitions_us:
        inside = _within(left, first_us - half_us, last_us + half_us)
        found += bool(inside)
        left -= inside
    for first_us, last_us in truth.ignored_us:
        left -= _within(left, first_us - half_us, last_us + half_us)
    boundaries = len(truth.cuts_us) + len(truth.transitions_us)
    return Score(found, len(left), boundaries - found)


def pooled(scores: Iterable[Score]) -> Score:
    """Add the scores of several films up."""
    return reduce(Score.__add__, scores, Score())


def _match_cuts(
    cuts_us: Sequence[int], detected_us: Sequence[int], half_us: float, left: set[int]
) -> int:
    """Match cuts and detections one to one; take the detections that were used out of `left`."""
    pairs = sorted(
        (abs(detected - cut), nth, detected)
        for nth, cut in enumerate(cuts_us)
        for detected in detected_us
        if abs(detected - cut) <= half_us
    )
    matched: set[int] = set()
    for _, nth, detected in pairs:
        if nth not in matched and detected in left:
            matched.add(nth)
            left.remove(detected)
    return len(matched)


def _within(times_us: Iterable[int], first_us: float, last_us: float) -> set[int]:
    return {time_us for time_us in times_us if first_us <= time_us <= last_us}
