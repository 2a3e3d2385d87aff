"""`filmdex search`: films or shots by what is seen in them."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..wall import wall_clock_us
from .common import open_store, settings_from, with_settings
from .main import EXIT_NOTHING_MATCHED
from .output import Format, with_format

if TYPE_CHECKING:
    from ...db.store import Store
    from ..settings import Settings


@click.command("search")
@click.argument("query", nargs=-1)
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
@click.option("--save", "save_name", metavar="NAME", help="Also keep the query under a name.")
@click.option("--saved", "saved_name", metavar="NAME", help="Ask a saved query again.")
@click.option("--since-last", is_flag=True, help="With --saved: only what it has not shown before.")
@with_format
@with_settings
def command(
    query: tuple[str, ...],
    shots: bool,
    order: str | None,
    limit: int,
    cursor: str | None,
    save_name: str | None,
    saved_name: str | None,
    since_last: bool,
    form: Format,
    config: Path | None,
    database: str | None,
) -> None:
    """Find films, or shots with --shots, that QUERY is true of, best first.

    \b
    violence>=0.6 -animation       a probability; and not
    animal or forest               a tag alone: present by its own threshold
    "sword fight" (police or war)  quotes around blanks; brackets
    violence then police within 30s    one shot after another in the same film
    seconds(nudity)>27             also coverage(war)>20%, peak(x), relevance(x)
    group:"violence and action"    any tag of a group
    title:bunny path:"/films/*" year:1960-1969 duration>90m fps<25
    resolution>=1080p codec:hevc model:harbour precision:keyframes
    indexed>=2026-11-01 added<2026-01-01
    verdict(example-school):blocked    what a policy says of the film
    reviewed:no reviewed(violence):yes reviewer:ada

    Begin a query with -tag after two dashes: filmdex search -- -animation

    \b
    --order score                  the default: the wanted tags' probabilities together
    --order 'year desc, title'     also duration, indexed, added, width, height, fps, shots
    --order 'seconds(war) asc'     also peak(x), coverage(x), relevance(x); asc or desc
    --order time                   for shots

    --save NAME keeps a query; --saved NAME --since-last lists what it finds and has not shown
    before. `filmdex searches` lists and removes them. The whole language: docs/search.md.
    """  # noqa: D301  \b keeps click from refilling the examples
    chosen = _Chosen(" ".join(query), shots, order or "", save_name, saved_name, since_last, cursor)
    chosen.check()
    loaded = settings_from(config, database)
    with open_store(loaded) as store:
        found = _search(store, loaded.settings, chosen, form, limit)
    if not found:
        sys.exit(EXIT_NOTHING_MATCHED)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What was asked for on the command line."""

    text: str
    shots: bool
    order: str
    save_name: str | None
    saved_name: str | None
    since_last: bool
    cursor: str | None

    def check(self) -> None:
        """Raise click.UsageError where options contradict each other."""
        if self.saved_name is None:
            if not self.text:
                raise click.UsageError("what is to be searched for? A QUERY, or --saved NAME")
            if self.since_last:
                raise click.UsageError("--since-last belongs to --saved NAME")
            if self.save_name is not None and self.cursor is not None:
                raise click.UsageError("--save begins at the first page; leave --cursor out")
        elif self.text or self.shots or self.order or self.save_name is not None:
            raise click.UsageError("--saved NAME has its own query, --shots and --order")
        elif self.since_last and self.cursor is not None:
            raise click.UsageError("--since-last goes on by itself: ask again without --cursor")


def _search(
    store: "Store", settings: "Settings", chosen: _Chosen, form: Format, limit: int
) -> bool:
    """Search and print; return whether anything was found."""
    from ...db import saved_searches
    from ..searching import Asked, Question, save
    from .search_output import print_answer, say_new

    with store.reading() as db:
        question = Question(chosen.text, chosen.shots, chosen.order)
        saved = None
        if chosen.saved_name is not None:
            saved = saved_searches.read(db, chosen.saved_name)
            question = Question(saved.query, saved.shots, saved.order)
        asked = Asked.of(db, settings, question)
        if saved is not None and chosen.since_last:
            asked = asked.new_to(saved.name)
        answer = asked.answer(db, limit=limit, cursor=chosen.cursor)
    now_us = wall_clock_us()
    if chosen.save_name is not None:
        new = (chosen.save_name, chosen.text, chosen.shots, chosen.order, now_us, now_us)
        save(store, asked, saved_searches.SavedSearch(*new))
    print_answer(form, answer, shots=asked.shots, goes_on=not chosen.since_last)
    if saved is not None and chosen.since_last:
        say_new(answer, saved)
        with store.writing() as db:
            shown = [(hit.film_id, hit.span) for hit in answer.page.hits]
            saved_searches.note(db, saved.name, shown, now_us)
    return bool(answer.page.hits)
