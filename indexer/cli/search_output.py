"""What `filmdex search` prints: rows of films or shots with why they were found, and totals."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from .output import Format, clock, console, plain_table, print_json, print_rows

if TYPE_CHECKING:
    from rich.table import Table

    from ...db.hits import FilmHit, ShotHit
    from ...db.search import Page, Total

FILM_COLUMNS = ("id", "title", "path", "duration_us", "tags")
SHOT_COLUMNS = ("film_id", "title", "path", "shot", "start_us", "end_us", "tags")


def print_films(form: Format, page: "Page[FilmHit]", total: "Total") -> None:
    """Print a page of films."""
    rows = list(map(_film_row, page.hits))
    _print(form, "film", rows, FILM_COLUMNS, _film_table(page.hits), page.next_cursor, total)


def print_shots(form: Format, page: "Page[ShotHit]", total: "Total") -> None:
    """Print a page of shots."""
    rows = list(map(_shot_row, page.hits))
    _print(form, "shot", rows, SHOT_COLUMNS, _shot_table(page.hits), page.next_cursor, total)


def _print(
    form: Format,
    thing: str,
    rows: list[dict[str, Any]],
    columns: tuple[str, ...],
    table: "Table",
    next_cursor: str | None,
    total: "Total",
) -> None:
    if form is Format.JSON:
        counted = {"count": total.count, "capped": total.capped}
        print_json({"hits": rows, "total": counted, "next_cursor": next_cursor})
    elif form is not Format.TABLE:
        print_rows(form, rows, columns)
    elif rows:
        console().print(table)
    _say_total(thing, len(rows), next_cursor, total)


def _say_total(thing: str, shown: int, next_cursor: str | None, total: "Total") -> None:
    things = thing if str(total) == "1" else f"{thing}s"
    part = f", {shown:,} shown" if shown < total.count or total.capped else ""
    click.echo(f"{total} {things}{part}", err=True)
    if next_cursor is not None:
        click.echo(f"the next: --cursor {shlex.quote(next_cursor)}", err=True)


def _film_row(hit: "FilmHit") -> dict[str, Any]:
    from ...db.records import show_path
    from ..documents import film_tag_row

    return {
        "id": hit.film_id,
        "title": hit.title,
        "path": show_path(hit.paths[0]) if hit.paths else None,
        "duration_us": hit.duration_us,
        "tags": [film_tag_row(tag) for tag in hit.tags],
    }


def _shot_row(hit: "ShotHit") -> dict[str, Any]:
    from ...db.records import show_path

    return {
        "film_id": hit.film_id,
        "title": hit.title,
        "path": show_path(hit.paths[0]) if hit.paths else None,
        "shot": hit.ordinal + 1,
        "start_us": hit.span.start_us,
        "end_us": hit.span.end_us,
        "tags": dict(hit.probabilities),
    }


def _film_table(hits: "Sequence[FilmHit]") -> "Table":
    table = plain_table(">Id", "Title", ">Length", "Why")
    for hit in hits:
        why = ", ".join(f"{t.tag}: peak {t.peak:.2f}, {t.seconds:.1f} s" for t in hit.tags)
        table.row(hit.film_id, hit.title, clock(hit.duration_us), why)
    return table


def _shot_table(hits: "Sequence[ShotHit]") -> "Table":
    table = plain_table(">Film", "Title", ">Shot", ">From", ">To", "Why")
    for hit in hits:
        why = ", ".join(f"{tag} {probability:.2f}" for tag, probability in hit.probabilities)
        times = clock(hit.span.start_us), clock(hit.span.end_us)
        table.row(hit.film_id, hit.title, hit.ordinal + 1, *times, why)
    return table
