"""`filmdex review`: deciding what a policy found, one span after the other."""

import getpass
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..wall import wall_clock_us
from .asking import ask, ask_sample
from .common import open_store, settings_from, with_settings
from .common_policy import load_policy
from .main import EXIT_NOTHING_MATCHED
from .output import (
    Format,
    clock,
    console,
    counted,
    plain_table,
    print_rows,
    with_format,
)

if TYPE_CHECKING:
    from ...db.records import Film
    from ...db.store import Store
    from ..judging import Keeper
    from ..moderation.worth import Waiting

COLUMNS = (
    "worth",
    "film",
    "title",
    "start_us",
    "end_us",
    "tag",
    "probability",
    "threshold",
    "severity",
    "action",
    "by",
    "path",
    "fingerprint",
    "rule",
    "reviews",
)
REVIEW_COLUMNS = (
    "review",
    "film",
    "tag",
    "start_us",
    "end_us",
    "decision",
    "ruled_start_us",
    "ruled_end_us",
    "reviewer",
    "note",
    "made_us",
    "fingerprint",
)


@click.command("review")
@click.argument("films", nargs=-1, metavar="FILM...")
@click.option("--policy", "policy_name", metavar="POLICY", help="Whose spans wait for a decision.")
@click.option("--reviewer", metavar="NAME", help="Who decides; your user name if not given.")
@click.option(
    "--from",
    "decisions",
    type=click.File("r", encoding="utf-8"),
    help="Take decisions from a file of JSON or JSON Lines; - is stdin.",
)
@click.option(
    "--sample",
    "sample_file",
    type=click.File("r", encoding="utf-8"),
    help="Ask of each shot of a sample (`filmdex policy estimate`) which tags it shows.",
)
@click.option("--said", is_flag=True, help="List what was said so far.")
@click.option("-n", "--limit", type=click.IntRange(1), help="No more than so many spans.")
@with_format
@with_settings
def command(
    films: tuple[str, ...],
    policy_name: str | None,
    reviewer: str | None,
    decisions: Any,
    sample_file: Any,
    said: bool,
    limit: int | None,
    form: Format,
    config: Path | None,
    database: str | None,
) -> None:
    """Decide the spans that a policy found, those first where a decision is worth most.

    In all films, or in each FILM. On a terminal one span after the other is asked: accept, reject,
    adjust, not sure, skip, quit. With --json, --jsonl or --csv the list is printed; each of its
    records with a "decision" added is what --from takes. Decisions override the model for their
    span, whatever model, and whatever becomes of the file.
    """
    from ..judging import Keeper

    name = reviewer or getpass.getuser()
    loaded = settings_from(config, database)
    with open_store(loaded) as store:
        keeper = Keeper.of(store, loaded.settings)
        chosen = _chosen(store, films)
        if decisions is not None:
            _take(store, keeper, decisions.read(), name)
        elif sample_file is not None:
            ask_sample(store, keeper, sample_file.read(), name)
        elif said:
            _print_said(store, chosen, form)
        elif policy_name is None:
            raise click.UsageError("--policy says whose spans to review")
        else:
            from ..moderation.documents import waiting_row
            from ..reviewing import queue

            policy = load_policy(store, loaded.settings, policy_name)
            with store.reading() as db:
                found = queue(db, policy, chosen, name)[:limit]
            if form is not Format.TABLE:
                print_rows(form, map(waiting_row, found), COLUMNS)
            elif sys.stdin.isatty():
                ask(keeper, found, name)
            else:
                _print_queue(found)
            if not found:
                click.echo("nothing waits for a decision", err=True)
                sys.exit(EXIT_NOTHING_MATCHED)


def _chosen(store: "Store", names: Sequence[str]) -> "tuple[Film, ...]":
    from ..judging import all_films
    from ..naming import NotIndexed, film_meant

    with store.reading() as db:
        if not names:
            return all_films(db)
        meant = [film_meant(db, name) for name in names]
    return tuple(film for film in meant if not isinstance(film, NotIndexed))


def _take(store: "Store", keeper: "Keeper", text: str, reviewer: str) -> None:
    from ..reviewing import read_decisions

    with store.reading() as db:
        decided = read_decisions(db, text, reviewer)
    for one in decided:
        keeper.opinion(one.opinion, one.fingerprint, wall_clock_us())
    click.echo(f"{counted(len(decided), 'decision')} kept", err=True)


def _print_said(store: "Store", chosen: "Sequence[Film]", form: Format) -> None:
    from ...db import reviews
    from ..moderation.documents import review_row

    with store.reading() as db:
        rows = [
            review_row(review, film.identity.fingerprint) | {"title": film.title}
            for film in chosen
            for review in reviews.of_film(db, film.id)
        ]
    if form is not Format.TABLE:
        print_rows(form, rows, REVIEW_COLUMNS)
        return
    table = plain_table(">Id", "Film", ">From", ">To", "Tag", "Decision", "Reviewer", "Note")
    for row in rows:
        times = clock(row["start_us"]), clock(row["end_us"])
        words = (row["tag"], row["decision"], row["reviewer"], row["note"])
        table.row(row["review"], row["title"], *times, *words)
    console().print(table)


def _print_queue(found: "Sequence[Waiting]") -> None:
    table = plain_table(">Worth", ">Film", "Title", ">From", ">To", "Tag", ">Seen", ">Threshold")
    for one in found:
        span, film = one.found, one.verdict.film
        times = clock(span.span.start_us), clock(span.span.end_us)
        numbers = f"{span.peak:.2f}", f"{span.threshold:.2f}"
        table.row(f"{one.worth:.1f}", film.film_id, film.title, *times, span.tag, *numbers)
    console().print(table)
