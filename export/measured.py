"""What was measured once and is quoted in the card (`measured.json`): on labelled films, of time.

A build cannot repeat these numbers: the films are not part of it, and times are a machine's own.
`filmdex export measure` writes them.
"""

from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Probability = Annotated[float, Field(ge=0.0, le=1.0)]


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TagOnFilms(_Facts):
    """One tag on the middle frames of labelled shots; `shots` leaves out what was not settled."""

    positives: int
    shots: int
    average_precision: Probability
    precision: Probability
    recall: Probability
    false_alarms: int


class Framed(_Facts):
    """Mean average precision of the same head settings with one way to frame a picture."""

    pictures: Probability
    films: Probability
    note: str


class Variant(_Facts):
    """One precision of the backbone, measured in the same run as the others."""

    megabytes: float
    images_per_second: float
    mean_average_precision: Probability
    note: str


class Measured(_Facts):
    """All of `measured.json`; `head` is the SHA-256 of the `head.onnx` that was measured."""

    head: str
    films: str
    tags: dict[str, TagOnFilms]
    framings: dict[str, Framed]
    variants: dict[str, Variant]
    notes: dict[str, str]

    @classmethod
    def shipped(cls) -> "Measured":
        """Read the measurements of the model that ships."""
        text = files(__package__).joinpath("measured.json").read_text(encoding="utf-8")
        return cls.model_validate_json(text)

    @classmethod
    def nothing(cls) -> "Measured":
        """Say that nothing was measured: every tag that was learnt is weak."""
        return cls(head="", films="", tags={}, framings={}, variants={}, notes={})
