"""The nouns: what is stored and passed around. Start reading here.

All time is whole microseconds from the presentation time of the film's first frame (`_us`), and all
spans are half-open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

US_PER_SECOND = 1_000_000


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of time, `[start_us, end_us)`, never empty."""

    start_us: int
    end_us: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_us < self.end_us:
            raise ValueError(f"not a span: [{self.start_us}, {self.end_us}) us")

    @property
    def length_us(self) -> int:
        """Length in microseconds."""
        return self.end_us - self.start_us


class Precision(StrEnum):
    """How a run found its boundaries: every frame decoded, or keyframes only."""

    EXACT = "exact"
    KEYFRAMES = "keyframes"


class ShotState(StrEnum):
    """How well a shot was seen. Only `NOT_LOOKED_AT` says nothing about its tags."""

    LOOKED_AT = "looked_at"
    LOW_INFORMATION = "low_information"
    BLANK = "blank"
    NOT_LOOKED_AT = "not_looked_at"


class TransitionKind(StrEnum):
    """How one shot gives way to the next over more than one frame."""

    DISSOLVE = "dissolve"
    FADE = "fade"
    WIPE = "wipe"


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where a new shot begins: somewhere in `[lo_us, hi_us]`; an exact run has `lo_us == hi_us`."""

    lo_us: int
    hi_us: int

    def __post_init__(self) -> None:
        if not 0 <= self.lo_us <= self.hi_us:
            raise ValueError(f"not a bracket: [{self.lo_us}, {self.hi_us}] us")


@dataclass(frozen=True, slots=True)
class Transition:
    """A gradual boundary; `last_us` is the first frame that shows the new shot unmixed."""

    kind: TransitionKind
    first_us: int
    last_us: int

    def __post_init__(self) -> None:
        if not 0 <= self.first_us < self.last_us:
            raise ValueError(f"not a transition: {self.first_us} to {self.last_us} us")


@dataclass(frozen=True, slots=True)
class Sample:
    """A frame that was looked at, and how much there was to see in it."""

    time_us: int
    state: ShotState

    def __post_init__(self) -> None:
        if self.state is ShotState.NOT_LOOKED_AT:
            raise ValueError("a sample is a frame that was looked at")


@dataclass(frozen=True, slots=True)
class Shot:
    """One shot as stored. `probabilities` is the tags' float16 vector; none if never looked at."""

    span: Span
    begins: Boundary
    state: ShotState
    samples: tuple[Sample, ...]
    probabilities: tuple[float, ...] | None
    transition: Transition | None = None

    def __post_init__(self) -> None:
        if (self.probabilities is None) != (self.state is ShotState.NOT_LOOKED_AT):
            raise ValueError(f"a {self.state} shot with probabilities: {self.probabilities}")
        if not self.begins.lo_us <= self.span.start_us <= self.begins.hi_us:
            raise ValueError(f"{self.span} does not begin in {self.begins}")
        if self.samples and self.state is ShotState.NOT_LOOKED_AT:
            raise ValueError(f"a {self.state} shot with {len(self.samples)} samples")
        first_us, end_us = self.span.start_us, self.span.end_us
        if outside := [s for s in self.samples if not first_us <= s.time_us < end_us]:
            raise ValueError(f"{outside[0]} is not in {self.span}")


@dataclass(frozen=True, slots=True)
class SeenShot:
    """A shot with the embeddings of its samples (vectors.py), none where a sample is blank."""

    shot: Shot
    embeddings: tuple[bytes | None, ...]

    def __post_init__(self) -> None:
        blank = [sample.state is ShotState.BLANK for sample in self.shot.samples]
        if blank != [embedding is None for embedding in self.embeddings]:
            raise ValueError("one embedding for each sample that is not blank")


@dataclass(frozen=True, slots=True)
class FilmTag:
    """What a whole film says of one tag.

    `weight` and `relevance` are W and R of Khan et al. (AVSS 2017); `relevance` ranks within one
    film. `seconds`, `coverage` (0 to 1) and `peak` (a probability) compare between films.
    """

    tag: str
    relevance: float
    weight: float
    seconds: float
    coverage: float
    peak: float
    present: bool

    def __post_init__(self) -> None:
        shares = (self.relevance, self.coverage, self.peak)
        if not all(0 <= share <= 1 for share in shares) or min(self.weight, self.seconds) < 0:
            raise ValueError(f"cannot be said of a film: {self}")


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """What probing and decoding found out about a file's picture.

    `container_offset_us`: the first frame's time on a player's clock, which starts with the
    container. `duration_us` ends with the last frame that could be decoded. Of its `frames`, the
    network that finds cuts was shown `network_frames`.
    """

    container: str
    codec: str
    width: int
    height: int
    rotation: int
    frame_rate: float
    duration_us: int
    container_offset_us: int
    frames: int
    decode_errors: int
    network_frames: int = 0

    def __post_init__(self) -> None:
        if min(self.width, self.height) < 1 or not 0 < self.frame_rate < float("inf"):
            raise ValueError(f"no such picture: {self}")
        if min(self.duration_us, self.frames, self.decode_errors) < 0:
            raise ValueError(f"no such film: {self}")
        if not 0 <= self.network_frames <= self.frames:
            raise ValueError(
                f"{self.network_frames} of {self.frames} frames cannot have been shown"
            )


@dataclass(frozen=True, slots=True)
class TagFacts:
    """A tag as one model knows it. Untrained tags have no threshold and are never reported.

    expert: the digest of the network that the tag has to itself, if it has one and that is known.
    recalls: `(recall, threshold)` on held-out pictures, recalls rising; none if not measured.
    """

    tag: str
    slug: str
    group: str
    status: str
    threshold: float | None
    expert: str | None = None
    recalls: tuple[tuple[float, float], ...] = ()

    def at_recall(self, recall: float) -> float | None:
        """Return the threshold that found at least this share, if one was measured."""
        return next((at for found, at in self.recalls if found >= recall), None)

    @property
    def reportable(self) -> bool:
        """Whether the model may speak of this tag."""
        return self.threshold is not None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The model behind a run; `digest` is that of its card, `tags` are in the vector's order.

    `backbone` is the digest of the graph that embeddings come from, and of how pictures are brought
    to it: those of one backbone can be scored by any head for it. Empty where it is not known.
    """

    digest: str
    name: str
    version: str
    tags: tuple[TagFacts, ...]
    backbone: str = ""

    def present(self, probabilities: Sequence[float]) -> tuple[tuple[str, float], ...]:
        """Return the tags at or over their thresholds, with their probabilities `(T,)`."""
        return tuple(
            (tag.tag, probability)
            for tag, probability in zip(self.tags, probabilities, strict=True)
            if tag.threshold is not None and probability >= tag.threshold
        )


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What besides the film and the model decides a run's numbers.

    `values` are sorted pairs so that equal settings are equal, and stored as JSON.
    """

    precision: Precision
    values: tuple[tuple[str, str | int | float], ...] = field(default=())

    @classmethod
    def of(cls, precision: Precision, **values: str | int | float) -> Self:
        """Build with the values in any order."""
        return cls(precision, tuple(sorted(values.items())))


@dataclass(frozen=True, slots=True)
class FilmIdentity:
    """A film is its content: `fingerprint` (hex) of size and blocks, whatever its path."""

    fingerprint: str
    size: int


@dataclass(frozen=True, slots=True)
class Location:
    """Where a film was seen, with what the file system said of the file then."""

    path: bytes
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Indexed:
    """A film's current run: which model saw it, how, and what came of it."""

    run_id: int
    model_digest: str
    settings: RunSettings
    provider: str
    facts: FilmFacts
    shots: int
    indexed_us: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The last attempt at a film ended with this reason."""

    kind: str
    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Queued:
    """Known, and nothing more so far."""


@dataclass(frozen=True, slots=True)
class Running:
    """Being indexed by the process `owner` (boot id, pid, start time)."""

    owner: str


FilmState = Queued | Running | Indexed | Failed


@dataclass(frozen=True, slots=True)
class Film:
    """One row of the library. `title` is the file's name without its suffix."""

    id: int
    identity: FilmIdentity
    title: str
    paths: tuple[bytes, ...]
    state: FilmState
    tags: tuple[FilmTag, ...] = ()


class Decision(StrEnum):
    """What a reviewer said of a span that was shown."""

    ACCEPT = "accept"
    REJECT = "reject"
    ADJUST = "adjust"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a reviewer says: of the film `film_id`, one tag, and the span `asked` that was shown.

    `ruled` is where the tag is: another span than `asked` if the decision is to adjust, else the
    same. The rest of an adjusted span is without the tag.
    """

    film_id: int
    tag: str
    asked: Span
    decision: Decision
    ruled: Span
    reviewer: str
    note: str = ""

    def __post_init__(self) -> None:
        if not self.reviewer.strip() or not self.tag.strip():
            raise ValueError("a review has a reviewer and a tag")
        if self.decision is not Decision.ADJUST and self.ruled != self.asked:
            raise ValueError(f"to {self.decision} is to speak of {self.asked}, not {self.ruled}")


@dataclass(frozen=True, slots=True)
class Review:
    """An opinion as it was kept: later ones (by `id`) go before earlier ones of one reviewer."""

    id: int
    opinion: Opinion
    made_us: int


class Role(StrEnum):
    """What a person may do on the page: look; also decide; also change policies and persons."""

    READER = "reader"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"

    @property
    def rank(self) -> int:
        """Return 1, 2 or 3: a higher rank may do all that a lower one may."""
        return list(Role).index(self) + 1


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may use the page from elsewhere: known by a token, and named in the audit."""

    id: int
    name: str
    role: Role
    added_us: int

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.name.isprintable():
            raise ValueError(f"{self.name!r} is no name that can be printed")


def show_path(path: bytes) -> str:
    r"""Render a path for people and JSON: bytes that are not UTF-8 become `\xNN`."""
    return path.decode("utf-8", "backslashreplace")
