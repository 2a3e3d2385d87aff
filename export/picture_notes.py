"""What folders alone do not say of their pictures, found by looking (`picture_notes.json`).

A folder is named for one tag; that its pictures lack the others is only likely. Where a whole
folder shows a second tag, or may, a rule says so: counting drawings of monsters against Animation
cost 0.045 of Animation's average precision out of fold.
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


def shipped(vocabulary: Vocabulary) -> tuple[Rule, ...]:
    """Read the rules for the pictures that the default model is trained on.

    Raises ModelError if a rule names a tag that is not in the vocabulary.
    """
    text = files(__package__).joinpath("picture_notes.json").read_text(encoding="utf-8")
    return tuple(
        Rule(
            column=vocabulary.column(entry["tag"]),
            shown_in=frozenset(map(vocabulary.column, entry["shown_in"])),
            but_not_from=frozenset(entry["but_not_from"]),
            unsettled_in=frozenset(map(vocabulary.column, entry["unsettled_in"])),
        )
        for entry in json.loads(text)["rules"]
    )
