"""The tags that a query may name, by every spelling that a person may use."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from .errors import QueryError
from .folding import fold
from .query_spelling import spelled_tag
from .records import TagFacts


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tags of `model` (its name, for messages), reportable and untrained ones.

    searches: the names of the saved searches there are.
    """

    tags: tuple[TagFacts, ...]
    model: str = "the model"
    searches: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, tags: Iterable[TagFacts], model: str = "the model", searches: Iterable[str] = ()
    ) -> Self:
        """Build from what a model knows of its tags."""
        return cls(tuple(tags), model, tuple(searches))

    def find(self, spelling: str) -> TagFacts | None:
        """Find a tag by its exact name; failing that by slug; failing that by folded name."""
        for key in (_name, _slug):
            for tag in self.tags:
                if key(tag) == spelling:
                    return tag
        wanted = fold(spelling)
        return next((tag for tag in self.tags if fold(tag.tag) == wanted), None)

    def reported(self, spelling: str, text: str, column: int, also: Iterable[str] = ()) -> str:
        """Return the name of a tag that the model may speak of.

        Raises QueryError, of `column` in `text`; `also` are other words that may have been meant.
        """
        name = self.known(spelling, text, column, also)
        if name not in self.reportable():
            message = f"{name} is untrained in {self.model}: nothing would be found; remove it"
            raise QueryError(message, text, column)
        return name

    def known(self, spelling: str, text: str, column: int, also: Iterable[str] = ()) -> str:
        """Return the name of a tag, untrained or not. Raises QueryError as `reported` does."""
        if tag := self.find(spelling):
            return tag.tag
        near = nearest(spelling, (*self.reportable(), *also))
        if not near:
            message = f"unknown tag {spelling!r}; `filmdex model info` lists them"
            raise QueryError(message, text, column)
        tags = self.reportable()
        meant = " or ".join(spelled_tag(name) if name in tags else name for name in near)
        raise QueryError(f"unknown tag {spelling!r}; did you mean {meant}?", text, column)

    def reportable(self) -> tuple[str, ...]:
        """Name the tags that the model may speak of."""
        return tuple(tag.tag for tag in self.tags if tag.reportable)


def nearest(word: str, names: Iterable[str]) -> tuple[str, ...]:
    """Pick up to three names that begin with a mistaken word, or are spelled nearly like it."""
    by_fold = {fold(name): name for name in names}
    wanted = fold(word)
    starting = [key for key in by_fold if key.startswith(f"{wanted} ")]
    close = difflib.get_close_matches(wanted, by_fold)
    return tuple(by_fold[key] for key in dict.fromkeys([*starting, *close]))[:3]


def _name(tag: TagFacts) -> str:
    return tag.tag


def _slug(tag: TagFacts) -> str:
    return tag.slug
