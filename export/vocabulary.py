"""The tags that a model can learn, in the order of the head's columns (`vocabulary.json`)."""

import difflib
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Self

from ..db.errors import ModelError


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag: the name that is shown, the slug that is typed, the folder its pictures are in."""

    tag: str
    slug: str
    folder: str
    group: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All tags in order, and where they come from."""

    source: str
    tags: tuple[Tag, ...]

    def __post_init__(self) -> None:
        for what in ("tag", "slug", "folder"):
            values = [getattr(tag, what) for tag in self.tags]
            if twice := {value for value in values if values.count(value) > 1}:
                raise ModelError(f"vocabulary: {what} {', '.join(sorted(twice))} stands twice")

    @classmethod
    def shipped(cls) -> Self:
        """Read the vocabulary that comes with the package."""
        text = files(__package__).joinpath("vocabulary.json").read_text(encoding="utf-8")
        return cls.parse(text)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a vocabulary from JSON. Raises ModelError if a tag lacks something."""
        facts = json.loads(text)
        try:
            tags = tuple(
                Tag(entry["tag"], entry["slug"], entry["folder"], entry["group"])
                for entry in facts["tags"]
            )
            return cls(facts["source"], tags)
        except KeyError as error:
            raise ModelError(f"vocabulary: {error} is missing") from error

    @property
    def names(self) -> tuple[str, ...]:
        """The tags' names in order."""
        return tuple(tag.tag for tag in self.tags)

    def column(self, name: str) -> int:
        """Return the head's column of a tag. Raises ModelError naming the nearest tag."""
        if name in self.names:
            return self.names.index(name)
        near = difflib.get_close_matches(name, self.names, n=1, cutoff=0.0)
        raise ModelError(f"no tag {name!r} in the vocabulary; the nearest is {near[0]!r}")
