"""Where in a TOML file a value stands: line and column, both counted from 1.

TOML Kit keeps the text as it was, so a value is found by putting a mark in its place, writing the
document again, and looking for the mark: all before it is what it was.
"""

import re
from dataclasses import dataclass
from typing import Any

import tomlkit
from tomlkit.items import AoT

MARK = "\ue000filmdex\ue000"


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, from 1."""

    line: int
    column: int


def place_of(text: str, path: tuple[str | int, ...]) -> Place:
    """Find the value at a path of keys and numbers: `("rule", 2, "threshold")`.

    Of a table in an array its heading, of a key that is not there what it would stand in.
    """
    if not path:
        return Place(1, 1)
    if (at := _offset(text, path)) is None:
        return place_of(text, path[:-1])
    return at_offset(text, at)


def at_offset(text: str, at: int) -> Place:
    """Turn a place in a text into line and column."""
    before = text[:at]
    return Place(before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)


def _offset(text: str, path: tuple[str | int, ...]) -> int | None:
    document = tomlkit.parse(text)
    holder: Any = document
    for step in path[:-1]:
        if not _has(holder, step):
            return None
        holder = holder[step]
    last = path[-1]
    if not _has(holder, last):
        return None
    if isinstance(holder, AoT) and isinstance(last, int):
        return _heading(text, document, holder, last)
    holder[last] = MARK
    return tomlkit.dumps(document).find(f'"{MARK}"')


def _has(holder: object, key: str | int) -> bool:
    if isinstance(holder, list):
        return isinstance(key, int) and key < len(holder)
    return isinstance(holder, dict) and key in holder


def _heading(text: str, document: tomlkit.TOMLDocument, tables: AoT, number: int) -> int | None:
    table = tables[number]
    first = next(iter(table), None)
    if first is None:
        table.append("mark", MARK)
    else:
        table[first] = MARK
    at = tomlkit.dumps(document).find(f'"{MARK}"')
    headings = [found.start() for found in re.finditer(r"(?m)^[ \t]*\[\[", text[: at + 1])]
    return headings[-1] if headings else None
