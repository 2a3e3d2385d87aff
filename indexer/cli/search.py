"""`filmdex search`: films or shots by what is seen in them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .common import open_store, settings_from, with_settings
from .main import EXIT_NOTHING_MATCHED
from .output import Format, with_format

if TYPE_CHECKING:
    from ...db.store import Store


@click.command("search")
@click.argument("query", nargs=-1, required=True)
@click.option("--shots", is_flag=True, help="Find shots, not films.")
@click.option("--order", help="What comes first: `duration desc, title`; see below.")
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    help="List no more than so many.",
)
@click.option("--cursor", help="Go on after the page that gave this cursor.")
@with_format
@with_settings
def command(
    query: tuple[str, ...],
    shots: bool,
    order: str | None,
    limit: int,
    cursor: str | None,
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

    \b
    --order score                  the default: the wanted tags' probabilities together
    --order 'duration, title'      also indexed, added, width, height, fps, shots
    --order 'seconds(war) asc'     also peak(x), coverage(x), relevance(x); asc or desc
    --order time                   for shots
    """  # noqa: D301  \b keeps click from refilling the examples
    with open_store(settings_from(config, database)) as store:
        text = " ".join(query)
        print_hits(store, text, form, shots=shots, limit=limit, cursor=cursor, order=order)


def print_hits(
    store: "Store",
    text: str,
    form: Format,
    *,
    shots: bool,
    limit: int,
    cursor: str | None = None,
    order: str | None = None,
) -> None:
    """Search and print; ends the program with EXIT_NOTHING_MATCHED if nothing is found."""
    from ...db import search
    from ...db.errors import StoreError
    from ...db.ordering import BEST_FIRST, read_order
    from ...db.query_parser import parse
    from .search_output import print_films, print_shots

    with store.reading() as db:
        vocabulary = search.vocabulary(db)
        if not vocabulary.tags:
            raise StoreError("the library is empty; `filmdex index FOLDER` fills it")
        query = parse(text, vocabulary)
        by = BEST_FIRST if order is None else read_order(order, vocabulary, shots=shots)
        found: bool
        if shots:
            shot_page, total = search.find_shots(db, query, limit=limit, cursor=cursor, order=by)
            print_shots(form, shot_page, total)
            found = bool(shot_page.hits)
        else:
            film_page = search.search_films(db, query, limit=limit, cursor=cursor, order=by)
            print_films(form, film_page, search.count_films(db, query))
            found = bool(film_page.hits)
    if not found:
        sys.exit(EXIT_NOTHING_MATCHED)
