"""`filmdex check`: what a policy says of films, for people and for an ingest script's gate."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..wall import wall_clock_us
from .common import open_store, settings_from, with_settings
from .common_policy import exit_code, load_policy, with_policy
from .output import Format, clock, console, counted, plain, plain_table, print_rows, with_format

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from ...db.store import Store
    from ..moderation.policy import Policy
    from ..moderation.verdict import Outcome, Verdict

COLUMNS = (
    "id",
    "title",
    "verdict",
    "affected_us",
    "duration_us",
    "spans",
    "reasons",
    "policy",
    "policy_digest",
    "model_digest",
    "precision",
    "path",
    "fingerprint",
)
WORST_SHOWN = 5
COLOURS = {
    "allowed": "green",
    "allowed with cuts": "yellow",
    "blocked": "red",
    "needs review": "magenta",
    "unknown": "magenta",
    "provisional": "magenta",
}


@click.command("check")
@click.argument("films", nargs=-1, metavar="FILM...")
@click.option("--all", "everything", is_flag=True, help="Check the whole library.")
@with_policy
@with_format
@with_settings
def command(
    films: tuple[str, ...],
    everything: bool,
    policy_name: str,
    form: Format,
    config: Path | None,
    database: str | None,
) -> None:
    """Check each FILM against a policy: allowed, allowed with cuts, needs review, blocked.

    A FILM is a file (known by its content), id:N, or a title. What was not looked at is never
    allowed but unknown, and a film of which only keyframes were seen is provisional.

    Exit codes: 4 if a film violates the policy (as it is, before any cut), else 5 if one is
    undecided, else 0. Every verdict goes into the audit.
    """
    from ..judging import Keeper

    if bool(films) == everything:
        raise click.UsageError("name films, or --all")
    loaded = settings_from(config, database)
    with open_store(loaded) as store:
        policy = load_policy(store, loaded.settings, policy_name)
        keeper = Keeper.of(store, loaded.settings)
        verdicts = []
        for verdict in judged(store, policy, films):
            keeper.verdict(verdict, wall_clock_us())
            verdicts.append(verdict)
    print_verdicts(verdicts, form)
    sys.exit(exit_code(verdicts))


def judged(store: "Store", policy: "Policy", names: Sequence[str]) -> "Iterator[Verdict]":
    """Judge the films that are named, or all if none is."""
    from ..judging import Judge, all_films
    from ..moderation.verdict import unindexed
    from ..naming import NotIndexed, film_meant

    judge = Judge(policy)
    with store.reading() as db:
        meant = [film_meant(db, name) for name in names] if names else all_films(db)
    for one in meant:
        if isinstance(one, NotIndexed):
            yield unindexed(one.subject, policy, one.reason)
            continue
        with store.reading() as db:
            yield judge.examine(db, one).verdict


def print_verdicts(verdicts: "Sequence[Verdict]", form: Format) -> None:
    """Print verdicts in a form; JSON has all the evidence."""
    from ..moderation.documents import verdict_document, verdict_row

    match form:
        case Format.TABLE:
            _print_table(verdicts)
        case Format.CSV:
            print_rows(form, map(verdict_row, verdicts), COLUMNS)
        case Format.JSON | Format.JSONL:
            print_rows(form, map(verdict_document, verdicts), COLUMNS)


def _print_table(verdicts: "Sequence[Verdict]") -> None:
    out = console()
    for verdict in verdicts:
        outcome = coloured(verdict.outcome)
        outcome.append_text(plain(f"  {verdict.film.title}{_told(verdict)}"))
        out.print(outcome)
        for reason in verdict.reasons[:WORST_SHOWN]:
            out.print(plain(f"  {reason}"))
        if len(verdict.reasons) > WORST_SHOWN:
            out.print(plain(f"  and {len(verdict.reasons) - WORST_SHOWN} more of these"))
        if verdict.spans:
            out.print(_worst(verdict))
        if verdict.left_out:
            out.print(plain(f"  not seen by this model: {', '.join(verdict.left_out)}"))


def coloured(outcome: "Outcome") -> "Text":
    """Write a verdict's word in its colour."""
    return plain(outcome.value, f"bold {COLOURS[outcome.value]}")


def _told(verdict: "Verdict") -> str:
    if verdict.basis is None:
        return ""
    so_far = f", so far {verdict.so_far.value}" if verdict.so_far is not verdict.outcome else ""
    affected = f"{clock(verdict.affected_us)} of {clock(verdict.basis.duration_us)}"
    return f"{so_far}: {counted(len(verdict.spans), 'span')}, {affected}"


def _worst(verdict: "Verdict") -> "Table":
    table = plain_table(">  From", ">To", "What", "Action", "By", "Why")
    for found in verdict.worst(WORST_SHOWN):
        why = f"{found.peak:.2f}, threshold {found.threshold:.2f}, rule {found.number}"
        if found.reviews:
            why += f", {counted(len(found.reviews), 'review')}"
        times = clock(found.span.start_us), clock(found.span.end_us)
        table.row(*times, found.tag, found.action.value, found.standing.value, why)
    return table
