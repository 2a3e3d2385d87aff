"""What a policy says: which tags, from which probability on, and what is then to be done.

Pure values; `policy_file.py` reads them from TOML, `expansion.py` fits them to a model.
"""

import fnmatch
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Action(StrEnum):
    """What a rule wants done where it applies; `block` is about the whole film."""

    SKIP = "skip"
    MUTE = "mute"
    BLUR = "blur"
    REVIEW = "review"
    BLOCK = "block"


class Severity(StrEnum):
    """How grave a rule's matter is: orders what is shown and reviewed, decides nothing."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Return 1, 2 or 3."""
        return list(Severity).index(self) + 1


class Snap(StrEnum):
    """Where a padded span may begin and end: anywhere, with shots, or only with the film.

    FILM is for what a film is made of, which is in all of it if it is in a part.
    """

    NONE = "none"
    SHOT = "shot"
    FILM = "film"


class OnUntrained(StrEnum):
    """What a rule's tag that the model cannot report does to a verdict."""

    UNKNOWN = "unknown"
    IGNORE = "ignore"


class OnDisagreement(StrEnum):
    """What holds where reviewers contradict each other and no majority settles it."""

    REVIEW = "review"
    STRICT = "strict"
    LENIENT = "lenient"


class SubjectKind(StrEnum):
    """What a rule names: one tag, a group of the model's card, or an advice issue."""

    TAG = "tag"
    GROUP = "group"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule is about, as the policy names it."""

    kind: SubjectKind
    name: str


@dataclass(frozen=True, slots=True)
class Exemption:
    """A film that a rule leaves alone: by the start of its fingerprint, a path pattern, a title.

    Only the fingerprint speaks of content; anybody may give a file another name.
    """

    kind: Literal["fingerprint", "path", "title"]
    pattern: str

    def covers(self, fingerprint: str, title: str, paths: tuple[str, ...]) -> bool:
        """Whether a film is meant."""
        match self.kind:
            case "fingerprint":
                return fingerprint.startswith(self.pattern)
            case "title":
                return title == self.pattern
            case "path":
                return any(fnmatch.fnmatchcase(path, self.pattern) for path in paths)


@dataclass(frozen=True, slots=True)
class Shaping:
    """How probabilities become spans: see `spans.py` for the order of the steps.

    `leave_at` is the probability under which a span is left again; None is the threshold itself.
    """

    leave_at: float | None = None
    gap_us: int = 0
    min_duration_us: int = 0
    pad_before_us: int = 0
    pad_after_us: int = 0
    snap: Snap = Snap.NONE

    def __post_init__(self) -> None:
        lengths = (self.gap_us, self.min_duration_us, self.pad_before_us, self.pad_after_us)
        if min(lengths) < 0:
            raise ValueError(f"a length under zero: {self}")
        if self.leave_at is not None and not 0 <= self.leave_at <= 1:
            raise ValueError(f"leave_at {self.leave_at} is no probability")


@dataclass(frozen=True, slots=True)
class Recall:
    """The threshold that found this share of a tag's pictures where the model was measured."""

    share: float

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"recall {self.share} must be over 0 and at most 1")

    def __str__(self) -> str:
        return f"recall {self.share:g}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `threshold` is a probability, a recall, or "model": the tag's own."""

    subject: Subject
    threshold: float | Recall | Literal["model"]
    shaping: Shaping
    severity: Severity
    action: Action
    exempt: tuple[Exemption, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.threshold, float):
            if not 0 < self.threshold <= 1:
                raise ValueError(f"threshold {self.threshold} must be over 0 and at most 1")
            leave_at = self.shaping.leave_at
            if leave_at is not None and leave_at > self.threshold:
                raise ValueError(f"leave_at {leave_at} is over the threshold {self.threshold}")


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy. `text` is the file as it was read, and what the digest names."""

    name: str
    description: str
    on_untrained: OnUntrained
    on_disagreement: OnDisagreement
    rules: tuple[Rule, ...]
    text: str

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.rules:
            raise ValueError("a policy has a name and at least one rule")

    @property
    def digest(self) -> str:
        """SHA-256 of the file: what `sha256sum` says of it."""
        return hashlib.sha256(self.text.encode()).hexdigest()
