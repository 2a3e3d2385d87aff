"""What `filmdex search` prints: rows of films or shots with why they were found, and totals."""

import shlex
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from .output import (
    Format,
    clock,
    console,
    day_and_time,
    plain_table,
    print_json,
    print_rows,
)
from .output import shown as shown_text

if TYPE_CHECKING:
    from rich.table import Table

    from ...db.hits import FilmHit, ShotHit
    from ...db.saved_searches import SavedSearch
    from ...db.totals import Total
    from ..searching import Answer, Near

FILM_COLUMNS = ("id", "title", "path", "duration_us", "tags", "why")
SHOT_COLUMNS = ("film_id", "title", "path", "shot", "start_us", "end_us", "tags", "why")


def print_answer(form: Format, answer: "Answer", *, shots: bool, goes_on: bool = True) -> None:
    """Print a page of films or of shots, how many there are, and how many were nearly found.

    goes_on: whether the next page is asked for by a cursor.
    """
    hits = answer.page.hits
    rows = [_row(hit, form) for hit in hits]
    if form is Format.JSON:
        print_json(
            {
                "hits": rows,
                "total": _counted(answer.total),
                "near_misses": _near_row(answer.near),
                "next_cursor": answer.page.next_cursor,
            }
        )
    elif form is not Format.TABLE:
        print_rows(form, rows, SHOT_COLUMNS if shots else FILM_COLUMNS)
    elif rows:
        console().print(_table(hits))
    _say_total("shot" if shots else "film", len(rows), answer, goes_on=goes_on)


def say_new(answer: "Answer", saved: "SavedSearch") -> None:
    """Say since when what was printed is new, and whether there is more of it."""
    left = answer.page.next_cursor is not None
    more = "; ask again for the rest" if left else ""
    click.echo(f"new since {day_and_time(saved.asked_us)}{more}", err=True)


def _say_total(thing: str, shown: int, answer: "Answer", *, goes_on: bool) -> None:
    total = answer.total
    things = thing if str(total) == "1" else f"{thing}s"
    part = f", {shown:,} shown" if shown < total.count or total.capped else ""
    click.echo(f"{total} {things}{part}", err=True)
    near, query = answer.near.total, answer.near.query
    if near is not None and query is not None and near.count:
        click.echo(f"{near} more just under: {shlex.quote(shown_text(str(query)))}", err=True)
    if goes_on and answer.page.next_cursor is not None:
        click.echo(f"the next: --cursor {shlex.quote(answer.page.next_cursor)}", err=True)


def _counted(total: "Total") -> dict[str, Any]:
    return {"count": total.count, "capped": total.capped}


def _near_row(near: "Near") -> dict[str, Any] | None:
    if near.total is None:
        return None
    return {**_counted(near.total), "query": None if near.query is None else str(near.query)}


def _row(hit: "FilmHit | ShotHit", form: Format) -> dict[str, Any]:
    from ...db.hits import FilmHit

    row = _film_row(hit) if isinstance(hit, FilmHit) else _shot_row(hit)
    csv = form is Format.CSV
    return row | {"why": [str(one) if csv else asdict(one) for one in hit.why]}


def _film_row(hit: "FilmHit") -> dict[str, Any]:
    from ..documents import film_tag_row

    return {
        "id": hit.film_id,
        "title": hit.title,
        "path": _path(hit),
        "duration_us": hit.duration_us,
        "tags": [film_tag_row(tag) for tag in hit.tags],
    }


def _shot_row(hit: "ShotHit") -> dict[str, Any]:
    return {
        "film_id": hit.film_id,
        "title": hit.title,
        "path": _path(hit),
        "shot": hit.ordinal + 1,
        "start_us": hit.span.start_us,
        "end_us": hit.span.end_us,
        "tags": dict(hit.probabilities),
    }


def _path(hit: "FilmHit | ShotHit") -> str | None:
    from ...db.records import show_path

    return show_path(hit.paths[0]) if hit.paths else None


def _table(hits: "Sequence[FilmHit | ShotHit]") -> "Table":
    from ...db.hits import FilmHit, ShotHit

    films = [hit for hit in hits if isinstance(hit, FilmHit)]
    return _film_table(films) if films else _shot_table([h for h in hits if isinstance(h, ShotHit)])


def _film_table(hits: "Sequence[FilmHit]") -> "Table":
    table = plain_table(">Id", "Title", ">Length", "Why")
    for hit in hits:
        table.row(hit.film_id, hit.title, clock(hit.duration_us), _why(hit))
    return table


def _shot_table(hits: "Sequence[ShotHit]") -> "Table":
    table = plain_table(">Film", "Title", ">Shot", ">From", ">To", "Why")
    for hit in hits:
        times = clock(hit.span.start_us), clock(hit.span.end_us)
        table.row(hit.film_id, hit.title, hit.ordinal + 1, *times, _why(hit))
    return table


def _why(hit: "FilmHit | ShotHit") -> str:
    return "; ".join(map(str, hit.why))
