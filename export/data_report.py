"""What a person should know of a data set before anything is trained on it: text, and JSON."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console

from ..indexer.cli.output import PlainTable, counted, plain, plain_table, shown
from .datasets import FEWEST_PICTURES, DataSet, Duplicate, TagCount
from .splits import SIDES, Splits, leaks

# The rest of a long list is in the JSON.
MOST_NAMED = 10


def document(data: DataSet, splits: Splits) -> dict[str, Any]:
    """Describe a data set and its splits as plain values for JSON."""
    audit, of_side = data.audit, _by_side(data, splits)
    return {
        "data_set": data.pictures.digest,
        "files": data.pictures.files,
        "pictures": len(data.pictures.pictures),
        "sources": len(set(data.pictures.sources)),
        "without_tag": audit.without_tag,
        "tags": [
            {
                "tag": count.tag,
                "pictures": count.pictures,
                "sources": count.sources,
                "largest_source": round(count.largest, 4),
                "splits": dict(zip(SIDES, of_side[column], strict=True)),
                "too_few": count.too_few,
                "cannot_be_held_out": count.cannot_be_held_out,
            }
            for column, count in enumerate(audit.tags)
        ],
        "splits": {side: len(getattr(splits, side)) for side in SIDES},
        "duplicates": [_duplicate(duplicate) for duplicate in audit.duplicates],
        "alike": [[shown(data.names[row]) for row in pair] for pair in audit.alike],
        "leaks": [
            {"names": list(map(shown, leak.names)), "sides": list(leak.sides)}
            for leak in leaks(splits, data)
        ],
        "unreadable": [{"path": shown(u.path), "reason": u.reason} for u in audit.unreadable],
        "aside": list(map(shown, audit.aside)),
    }


def print_report(data: DataSet, splits: Splits, out: Console) -> None:
    """Print for people: what there is, what was left out, what is too few, what leaks."""
    for line in _summary(data, splits):
        out.print(plain(line), soft_wrap=True)
    out.print()
    out.print(_table(data, splits))
    out.print()
    for heading, lines in _lists(data, splits):
        out.print(plain(heading, "bold"), soft_wrap=True)
        for line in lines[:MOST_NAMED]:
            out.print(plain(f"  {line}"), soft_wrap=True)
        if len(lines) > MOST_NAMED:
            out.print(plain(f"  and {len(lines) - MOST_NAMED} more"), soft_wrap=True)


def _summary(data: DataSet, splits: Splits) -> Iterator[str]:
    pictures, audit = data.pictures, data.audit
    yield (
        f"{counted(pictures.files, 'file')}, {counted(len(pictures.pictures), 'picture')} from "
        f"{counted(len(set(pictures.sources)), 'source')}; "
        f"{counted(audit.without_tag, 'picture')} without a tag; digest {pictures.digest[:12]}"
    )
    exact = sum(duplicate.exact for duplicate in audit.duplicates)
    differ = sum(duplicate.tags_differ for duplicate in audit.duplicates)
    across = sum(len(duplicate.sources) > 1 for duplicate in audit.duplicates)
    if audit.duplicates:
        yield (
            f"{counted(len(audit.duplicates), 'picture')} in several files, counted once: "
            f"{exact} byte for byte, {differ} with different tags (they show all of them), "
            f"{across} in more than one source"
        )
    sides = (f"{len(getattr(splits, side))} for {side}" for side in SIDES)
    yield f"Split by source: {', '.join(sides)}"
    found = leaks(splits, data)
    kept = len(audit.alike) - len(found)
    if kept:
        yield f"{counted(kept, 'pair')} of like pictures from two sources kept on one side"
    yield (
        f"{counted(len(found), 'pair')} of like pictures on two sides: see below"
        if found
        else "No picture is on two sides, nor one like it"
    )


def _table(data: DataSet, splits: Splits) -> PlainTable:
    table = plain_table(
        "Tag", ">Pictures", ">Sources", ">Largest", *(f">{side.title()}" for side in SIDES), ""
    )
    of_side = _by_side(data, splits)
    rows = sorted(enumerate(data.audit.tags), key=lambda row: -row[1].pictures)
    for column, count in rows:
        note = _note(count, of_side[column])
        table.row(
            count.tag,
            count.pictures,
            count.sources,
            f"{count.largest:.0%}" if count.pictures else "",
            *of_side[column],
            note,
            style="yellow" if note else "",
        )
    return table


def _note(count: TagCount, of_side: tuple[int, ...]) -> str:
    if not count.pictures:
        return "no pictures"
    if count.too_few:
        return f"too few to learn: {FEWEST_PICTURES} are needed"
    if count.cannot_be_held_out:
        return "one source: cannot be held out"
    missing = [side for side, pictures in zip(SIDES, of_side, strict=True) if not pictures]
    return f"none for {' and '.join(missing)}" if missing else ""


def _lists(data: DataSet, splits: Splits) -> Iterator[tuple[str, list[str]]]:
    """Yield what is worth naming one by one, each with its heading."""
    audit = data.audit
    if audit.unreadable:
        lines = [f"{one.path}: {one.reason}" for one in audit.unreadable]
        yield f"Left out: {len(lines)} that cannot be read", lines
    if audit.aside:
        yield "Not used: neither in a tag's folder nor asked for", list(audit.aside)
    if found := leaks(splits, data):
        lines = [
            f"{leak.names[0]} ({leak.sides[0]}), {leak.names[1]} ({leak.sides[1]})"
            for leak in found
        ]
        yield "Like pictures on two sides: what is measured on them is too good", lines
    if across := [d for d in audit.duplicates if len(d.sources) > 1]:
        yield "One picture, several sources", [", ".join(d.names) for d in across]


def _duplicate(duplicate: Duplicate) -> dict[str, Any]:
    return {
        "names": list(map(shown, duplicate.names)),
        "exact": duplicate.exact,
        "tags_differ": duplicate.tags_differ,
        "sources": list(map(shown, duplicate.sources)),
    }


def _by_side(data: DataSet, splits: Splits) -> list[tuple[int, ...]]:
    """Count each tag's pictures on each side: `T` times `(train, validation, test)`."""
    labels = data.pictures.labels(len(data.audit.tags))
    sums = [labels[list(getattr(splits, side))].sum(axis=0) for side in SIDES]
    return [tuple(int(of_side[column]) for of_side in sums) for column in range(labels.shape[1])]
