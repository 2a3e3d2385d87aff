"""A data set as a table: CSV or JSON Lines with `path`, `tags` and, if known, `source`.

Paths are relative to the table. In CSV several tags are separated by `;` or `|`; in JSON Lines they
are a list. `_none` says that a picture shows no tag: nothing said is not the same.
"""

import csv
import io
import json
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from ..db.errors import ModelError
from .listing import NONE, Entry, Listed, source_of
from .vocabulary import Vocabulary

COLUMNS = ("path", "tags", "source")
NEEDED = ("path", "tags")


@dataclass(frozen=True, slots=True)
class _Row:
    """What one line says; its values may be of any kind yet."""

    line: int
    values: dict[str, object]


class _Fault(Exception):
    """What is wrong with a line, without its number."""


def in_table(table: Path, vocabulary: Vocabulary) -> Listed:
    """List the pictures that a `.csv` or `.jsonl` names; several lines on one picture add up.

    Raises ModelError naming the line if it cannot be read or names a tag that is not there.
    """
    try:
        text = table.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelError(f"{table}: not UTF-8; save it as UTF-8") from error
    rows = _csv_rows(table, text) if table.suffix.lower() == ".csv" else _json_rows(table, text)
    found: dict[str, Entry] = {}
    for row in rows:
        try:
            entry = _entry(table.parent, row.values, vocabulary)
            found[entry.name] = _joined(found.get(entry.name), entry)
        except (_Fault, ModelError) as error:
            raise ModelError(f"{table}, line {row.line}: {error}") from error
    if not found:
        raise ModelError(f"{table}: names no pictures")
    entries = sorted(found.values(), key=lambda entry: entry.path)
    unused = sorted({name for row in rows for name in row.values} - set(COLUMNS))
    return Listed(
        table.parent,
        tuple(replace(entry, said=_said(entry, vocabulary)) for entry in entries),
        aside=tuple(f"column {name}" for name in unused),
    )


def _csv_rows(table: Path, text: str) -> list[_Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows = []
    try:
        if missing := [name for name in NEEDED if name not in (reader.fieldnames or ())]:
            raise ModelError(
                f"{table}, line 1: no column {' and no column '.join(missing)}; "
                "the first line is path,tags or path,tags,source, separated by commas"
            )
        for values in reader:
            if None in values or None in values.values():
                raise ModelError(f"{table}, line {reader.line_num}: not as many cells as columns")
            tags = [tag.strip() for tag in re.split(r"[;|]", values["tags"]) if tag.strip()]
            rows.append(_Row(reader.line_num, values | {"tags": tags}))
    except csv.Error as error:
        raise ModelError(f"{table}, line {reader.line_num}: not CSV ({error})") from error
    return rows


def _json_rows(table: Path, text: str) -> list[_Row]:
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ModelError(f"{table}, line {number}: not JSON ({error})") from error
        if not isinstance(values, dict):
            raise ModelError(f"{table}, line {number}: not a JSON object")
        rows.append(_Row(number, values))
    return rows


def _entry(root: Path, values: dict[str, object], vocabulary: Vocabulary) -> Entry:
    path, tags, source = values.get("path"), values.get("tags"), values.get("source")
    if not isinstance(path, str) or not path or "\0" in path:
        raise _Fault("no path")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise _Fault("the tags are not a list of names")
    if not tags:
        raise _Fault(f"no tags; write {NONE} for a picture that shows none")
    if NONE in tags and len(tags) > 1:
        raise _Fault(f"{NONE} and a tag for one picture; write the one or the other")
    name = os.path.normpath(path)
    if "source" not in values:
        source = source_of(Path(name).name)
    if not isinstance(source, str) or not source.strip():
        raise _Fault("the source is empty; name one in each line, or leave the column out")
    columns = frozenset(vocabulary.find(tag) for tag in tags if tag != NONE)
    return Entry(root / name, name, columns, source.strip())


def _joined(before: Entry | None, entry: Entry) -> Entry:
    """Add up what two lines say of one picture."""
    if before is None:
        return entry
    if before.source != entry.source:
        raise _Fault(f"{entry.name} is from {before.source!r} by a line before this one")
    if bool(before.columns) != bool(entry.columns):
        raise _Fault(f"{entry.name} shows a tag by one line, and {NONE} by another")
    return replace(entry, columns=before.columns | entry.columns)


def _said(entry: Entry, vocabulary: Vocabulary) -> bytes:
    tags = sorted(vocabulary.names[column] for column in entry.columns)
    return json.dumps([tags, entry.source]).encode()
