"""The tags that a model can learn, in the order of the head's columns (`vocabulary.json`)."""

import difflib
import json
import unicodedata
from collections.abc import Sequence
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
        if not self.tags:
            raise ModelError("vocabulary: no tags")
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
        """Read a vocabulary from JSON. Raises ModelError if it is none or lacks something."""
        try:
            facts = json.loads(text)
            tags = tuple(
                Tag(*(_text(entry, what) for what in ("tag", "slug", "folder", "group")))
                for entry in facts["tags"]
            )
            return cls(_text(facts, "source"), tags)
        except KeyError as error:
            raise ModelError(f"vocabulary: {error} is missing") from error
        except json.JSONDecodeError as error:
            raise ModelError(f"vocabulary: not JSON ({error})") from error
        except TypeError as error:
            raise ModelError(
                f'vocabulary: not as {{"source": ..., "tags": [...]}}: {error}'
            ) from error

    @property
    def names(self) -> tuple[str, ...]:
        """The tags' names in order."""
        return tuple(tag.tag for tag in self.tags)

    @property
    def slugs(self) -> tuple[str, ...]:
        """What is typed for each tag, in order."""
        return tuple(tag.slug for tag in self.tags)

    @property
    def folders(self) -> tuple[str, ...]:
        """The folder of each tag's pictures, in order."""
        return tuple(tag.folder for tag in self.tags)

    def column(self, name: str) -> int:
        """Return the head's column of a tag. Raises ModelError naming the nearest tag."""
        if name in self.names:
            return self.names.index(name)
        near = nearest(name, self.names)
        raise ModelError(f"no tag {name!r} in the vocabulary; the nearest is {near!r}")

    def find(self, text: str) -> int:
        """Return the column of a tag by its name, else its slug, else its folder.

        Raises ModelError naming the nearest tag.
        """
        for names in (self.names, self.slugs, self.folders):
            if composed(text) in map(composed, names):
                return [composed(name) for name in names].index(composed(text))
        return self.column(text)


def nearest(name: str, names: Sequence[str]) -> str:
    """Return that of `names` (one at least) which is most like `name`."""
    alike = {other.casefold(): other for other in reversed(names)}
    return alike[difflib.get_close_matches(name.casefold(), alike, n=1, cutoff=0.0)[0]]


def composed(name: str) -> str:
    """Compose accents, which some systems store taken apart: the name looks the same."""
    return unicodedata.normalize("NFC", name)


def _text(entry: dict[str, object], what: str) -> str:
    if not isinstance(value := entry[what], str):
        raise TypeError(f"{what} is {value!r}")
    return value
