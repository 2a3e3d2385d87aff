"""What folders alone do not say of their pictures, found by looking (`picture_notes.json`).

A folder is named for one tag; that its pictures lack the others is only likely. Where a whole
folder shows a second tag, or may, a rule says so: counting drawings of monsters against Animation
cost 0.045 of Animation's average precision out of fold. Single pictures have notes of their own:
all drawn ones were looked at for what else they show, and for seven tags the 60 to 96 pictures
that a head out of fold took for them most surely.
"""

import json
from dataclasses import dataclass
from importlib.resources import files

from .vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Rule:
    """Pictures of `shown_in` show `column` too, but from some sources; others are unsettled."""

    column: int
    shown_in: frozenset[int]
    but_not_from: frozenset[str]
    unsettled_in: frozenset[int]

    def shown(self, columns: frozenset[int], source: str) -> bool:
        """Whether a picture in the folders `columns` shows the rule's tag."""
        return bool(columns & self.shown_in) and source not in self.but_not_from

    def unsettled(self, columns: frozenset[int], source: str) -> bool:
        """Whether such a picture counts neither for nor against the rule's tag."""
        possible = bool(columns & (self.shown_in | self.unsettled_in))
        return possible and self.column not in columns and not self.shown(columns, source)


@dataclass(frozen=True, slots=True)
class Note:
    """Columns that one picture shows, and columns for which it counts neither way."""

    shows: frozenset[int]
    unsettled: frozenset[int]

    def __post_init__(self) -> None:
        if both := self.shows & self.unsettled:
            raise ValueError(f"columns {sorted(both)} are both shown and unsettled")


@dataclass(frozen=True, slots=True)
class Notes:
    """Rules for folders, and notes on single pictures by their path in the set."""

    rules: tuple[Rule, ...]
    pictures: dict[str, Note]


def shipped(vocabulary: Vocabulary) -> Notes:
    """Read the notes on the pictures that the default model is trained on.

    Raises ModelError if one names a tag that is not in the vocabulary.
    """
    text = files(__package__).joinpath("picture_notes.json").read_text(encoding="utf-8")
    facts = json.loads(text)

    def columns(names: list[str]) -> frozenset[int]:
        return frozenset(map(vocabulary.column, names))

    rules = (
        Rule(
            column=vocabulary.column(entry["tag"]),
            shown_in=columns(entry["shown_in"]),
            but_not_from=frozenset(entry["but_not_from"]),
            unsettled_in=columns(entry["unsettled_in"]),
        )
        for entry in facts["rules"]
    )
    pictures = {
        entry["picture"]: Note(columns(entry["shows"]), columns(entry["unsettled"]))
        for entry in facts["pictures"]
    }
    return Notes(tuple(rules), pictures)
