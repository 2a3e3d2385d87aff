"""`filmdex rescore`: a new head over what is stored, and what that changes."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, TimeRemainingColumn

from ..giving_way import give_way
from ..wall import wall_clock_us
from .common import open_store, settings_from, with_settings
from .output import Format, console, counted, plain, plain_table, print_rows, with_format
from .progress import bars

if TYPE_CHECKING:
    from ..rescoring import Changed, Rescored

COLUMNS = ("film_id", "title", "tag", "change", "before", "after")
MEASURES = ("relevance", "seconds", "coverage", "peak")


@click.command("rescore")
@click.option("--model", help="A model's name or folder, in place of the configured one.")
@click.option("--tag", "tags", multiple=True, help="Report only this tag; may be given repeatedly.")
@with_format
@with_settings
def command(
    model: str | None,
    tags: tuple[str, ...],
    form: Format,
    config: Path | None,
    database: str | None,
) -> None:
    """Score all films anew by a model's head, from stored embeddings; no film is opened.

    Reports which films gain or lose which tag. Refused, before anything is changed, where a film
    was indexed with another backbone. May be interrupted, and goes on with the films that are left.
    """
    from ...db import rescoring as stored
    from .. import bundle
    from ..rescoring import Head, rescore

    loaded = settings_from(config, database, model_bundle=model)
    give_way(loaded.settings.index.nice)
    chosen = bundle.load(bundle.locate(loaded.settings.model.bundle))
    _require_known(tags, chosen.card.tag_names)
    head = Head.of(chosen, loaded.settings.model.threads)
    films = shots = skipped = 0
    rows: list[dict[str, Any]] = []
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with open_store(loaded) as store, bars(*columns) as bar:
        with store.reading() as db:
            due = stored.stale(db, chosen.digest)
        task = bar.add_task("films", total=len(due))
        for done in rescore(store, head, wall_clock_us, due):
            bar.advance(task)
            films, shots, skipped = films + 1, shots + done.shots, skipped + done.skipped
            rows += _rows(done, tags)
    if form is Format.TABLE:
        _print(rows)
    else:
        print_rows(form, rows, COLUMNS)
    card = chosen.card
    turned = f"{counted(len(rows), 'tag')} gained or lost"
    click.echo(
        f"{counted(films - skipped, 'film')}, {counted(shots, 'shot')} scored by "
        f"{card.name}:{card.version}; {turned}",
        err=True,
    )
    if skipped:
        click.echo(f"{counted(skipped, 'film')} indexed meanwhile by another process", err=True)


def _require_known(tags: tuple[str, ...], known: tuple[str, ...]) -> None:
    from ...db.vocabulary import nearest

    for tag in tags:
        if tag not in known:
            near = nearest(tag, known)
            meant = f"; did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"the model knows no tag {tag!r}{meant}")


def _rows(done: "Rescored", tags: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for change in done.changes:
        if (change.gained or change.lost) and (not tags or change.tag in tags):
            yield {
                "film_id": done.film_id,
                "title": done.title,
                "tag": change.tag,
                "change": "gained" if change.gained else "lost",
                "before": _measured(change, "before"),
                "after": _measured(change, "after"),
            }


def _measured(change: "Changed", side: str) -> dict[str, float] | None:
    entry = getattr(change, side)
    return None if entry is None else {name: getattr(entry, name) for name in MEASURES}


def _print(rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    table = plain_table(">Film", "Title", "", "Tag", ">Seconds", ">Peak")
    for row in rows:
        gained = row["change"] == "gained"
        sign = plain("+" if gained else "-", "green" if gained else "red")
        table.row(
            row["film_id"],
            row["title"],
            sign,
            row["tag"],
            _from_to(row, "seconds", 1),
            _from_to(row, "peak", 2),
        )
    console().print(table)


def _from_to(row: dict[str, Any], name: str, digits: int) -> str:
    sides = (row["before"], row["after"])
    return " to ".join("none" if side is None else f"{side[name]:.{digits}f}" for side in sides)
