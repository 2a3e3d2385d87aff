"""`filmdex search`: films or shots by what is seen in them."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .common import open_store, settings_from, with_settings
from .main import EXIT_NOTHING_MATCHED
from .output import Format, clock, console, counted, plain_table, print_rows, with_format

if TYPE_CHECKING:
    from rich.table import Table

    from ...db.search import FilmHit, ShotHit
    from ...db.store import Store

FILM_COLUMNS = ("id", "title", "path", "duration_us", "tags")
SHOT_COLUMNS = ("film_id", "title", "path", "shot", "start_us", "end_us", "tags")


@click.command("search")
@click.argument("query", nargs=-1, required=True)
@click.option("--shots", is_flag=True, help="Find shots, not films.")
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    help="List no more than so many.",
)
@click.option("--offset", type=click.IntRange(0), default=0, help="Leave out the first so many.")
@with_format
@with_settings
def command(
    query: tuple[str, ...],
    shots: bool,
    limit: int,
    offset: int,
    form: Format,
    config: Path | None,
    database: Path | None,
) -> None:
    """Find films, or shots with --shots, that QUERY is true of, best first.

    \b
    violence>=0.6 -animation       a probability; and not
    animal or forest               a tag alone: present by its own threshold
    "car chase" (police or war)    quotes around blanks; brackets
    seconds(nudity)>27             also coverage(war)>20%, peak(x), relevance(x)
    group:"violence and action"    any tag of a group
    title:bunny path:"/films/*" duration>90m height>=720 fps<25 codec:hevc
    indexed>=2026-11-01 added<2026-01-01 precision:keyframes model:harbour

    Begin a query with -tag after two dashes: filmdex search -- -animation
    """  # noqa: D301  \b keeps click from refilling the examples
    with open_store(settings_from(config, database)) as store:
        print_hits(store, " ".join(query), form, shots=shots, limit=limit, offset=offset)


def print_hits(
    store: "Store", text: str, form: Format, *, shots: bool, limit: int, offset: int
) -> None:
    """Search and print; ends the program with EXIT_NOTHING_MATCHED if nothing is found."""
    from ...db import search
    from ...db.errors import StoreError
    from ...db.query_parser import parse

    with store.reading() as db:
        vocabulary = search.vocabulary(db)
        if not vocabulary.tags:
            raise StoreError("the library is empty; `filmdex index FOLDER` fills it")
        query = parse(text, vocabulary)
        if shots:
            shot_hits = search.search_shots(db, query, limit=limit, offset=offset)
            found = _Found(map(_shot_row, shot_hits), _shot_table(shot_hits), SHOT_COLUMNS)
            total = search.count_shots(db, query)
        else:
            film_hits = search.search_films(db, query, limit=limit, offset=offset)
            found = _Found(map(_film_row, film_hits), _film_table(film_hits), FILM_COLUMNS)
            total = search.count_films(db, query)
    rows = list(found.rows)
    if form is not Format.TABLE:
        print_rows(form, rows, found.columns)
    elif rows:
        console().print(found.table)
    more = f", {offset + 1} to {offset + len(rows)} shown" if len(rows) < total else ""
    click.echo(f"{counted(total, 'shot' if shots else 'film')}{more}", err=True)
    if not rows:
        sys.exit(EXIT_NOTHING_MATCHED)


@dataclass(frozen=True, slots=True)
class _Found:
    rows: Iterable[dict[str, Any]]
    table: "Table"
    columns: tuple[str, ...]


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
