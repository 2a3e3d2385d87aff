"""`filmdex policy`: which policies there are, what they say, what another would change."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .common import open_store, settings_from, with_settings
from .common_policy import load_policy
from .estimate import estimate
from .output import (
    Format,
    console,
    counted,
    plain,
    plain_table,
    print_json,
    print_rows,
    shown,
    with_format,
)

if TYPE_CHECKING:
    from ...db.records import TagFacts
    from ..moderation.policy import Policy
    from ..settings import Loaded

DEFAULT_START = "example-family-evening"
DIFF_COLUMNS = ("id", "title", "before", "after", "path")


@click.group("policy")
def command() -> None:
    """List, read, compare and begin policies: which tags, from when on, and what is then done."""


command.add_command(estimate)


@command.command("list")
@with_format
@with_settings
def list_policies(form: Format, config: Path | None, database: str | None) -> None:
    """List the policies that ship, as examples, and your own."""
    from ...db.errors import PolicyError
    from ..moderation import shelf

    loaded = settings_from(config, database)
    tags = _tags(loaded)
    rows = []
    for one in shelf.shelved(loaded.settings.policy.folder):
        row: dict[str, Any] = {"name": one.name, "origin": one.origin.value}
        row["path"] = str(one.path)
        try:
            policy = shelf.load(one.path, tags)
        except PolicyError as error:
            rows.append(row | {"rules": None, "says": str(error).partition("\n")[0]})
        else:
            rows.append(row | {"rules": len(policy.rules), "says": policy.description})
    if form is not Format.TABLE:
        print_rows(form, rows, ("name", "origin", "rules", "says", "path"))
        return
    table = plain_table("Name", "Whose", ">Rules", "What it says")
    for row in rows:
        table.row(row["name"], row["origin"], row["rules"] or "", row["says"])
    console().print(table)


@command.command("show")
@click.argument("policy")
@with_format
@with_settings
def show(policy: str, form: Format, config: Path | None, database: str | None) -> None:
    """Show what POLICY says, rule by rule, and its digest; --json has its text too."""
    from ..moderation import shelf
    from ..moderation.documents import policy_document

    loaded = settings_from(config, database)
    path = shelf.locate(policy, loaded.settings.policy.folder)
    read = shelf.load(path, _tags(loaded))
    document = policy_document(read)
    match form:
        case Format.JSON:
            print_json(document | {"path": str(path)})
        case Format.TABLE:
            _print_policy(read)
        case _:
            print_rows(form, document["rules"], document["rules"][0])


@command.command("check")
@click.argument("policy")
@with_settings
def check(policy: str, config: Path | None, database: str | None) -> None:
    """Read POLICY, a name or a file, and tell every mistake in it with line and column."""
    from ..moderation import shelf

    loaded = settings_from(config, database)
    path = shelf.locate(policy, loaded.settings.policy.folder)
    read = shelf.load(path, _tags(loaded))
    click.echo(f"{shown(str(path))}: {counted(len(read.rules), 'rule')}, no mistakes", err=True)


@command.command("new")
@click.argument("name")
@click.option("--from", "start", default=DEFAULT_START, show_default=True, help="Copy this one.")
@with_settings
def new(name: str, start: str, config: Path | None, database: str | None) -> None:
    """Begin a policy of your own, called NAME, as a copy of another."""
    from ..moderation import shelf

    folder = settings_from(config, database).settings.policy.folder
    click.echo(shown(str(shelf.make_new(name, start, folder))))


@command.command("diff")
@click.argument("before")
@click.argument("after")
@with_format
@with_settings
def diff(before: str, after: str, form: Format, config: Path | None, database: str | None) -> None:
    """Tell which films of the library change their verdict from policy BEFORE to policy AFTER.

    Nothing is decoded and nothing is written: this reads stored probabilities.
    """
    from ..comparing import changes

    loaded = settings_from(config, database)
    with open_store(loaded) as store:
        one = load_policy(store, loaded.settings, before)
        other = load_policy(store, loaded.settings, after)
        with store.reading() as db:
            found = changes(db, one, other)
    rows = [
        {
            "id": change.film.film_id,
            "title": change.film.title,
            "before": change.before.value,
            "after": change.after.value,
            "path": change.film.paths[0] if change.film.paths else None,
        }
        for change in found.changed
    ]
    if form is not Format.TABLE:
        print_rows(form, rows, DIFF_COLUMNS)
    elif rows:
        table = plain_table(">Id", "Title", "Before", "After")
        for row in rows:
            table.row(row["id"], row["title"], row["before"], row["after"])
        console().print(table)
    click.echo(f"{len(rows)} of {counted(found.films, 'film')} change", err=True)


def _print_policy(policy: "Policy") -> None:
    out = console()
    out.print(plain(policy.name, "bold"))
    out.print(plain(policy.description))
    out.print(plain(f"sha256 {policy.digest}"))
    table = plain_table(">Rule", "About", ">From", ">Until", "Action", "Severity", "Shape")
    for number, rule in enumerate(policy.rules, 1):
        shape = rule.shaping
        parts = (
            ("at least", shape.min_duration_us),
            ("gap", shape.gap_us),
            ("before", shape.pad_before_us),
            ("after", shape.pad_after_us),
        )
        words = [f"{name} {us / 1e6:g} s" for name, us in parts if us]
        words += {"shot": ["whole shots"], "film": ["the whole film"]}.get(shape.snap.value, [])
        words += [f"not {len(rule.exempt)} films"] if rule.exempt else []
        about = rule.subject.name
        if rule.subject.kind.value != "tag":
            about = f"{rule.subject.kind.value} {about}"
        table.row(
            number,
            about,
            "the tag's" if rule.threshold == "model" else f"{rule.threshold:g}",
            "" if shape.leave_at is None else f"{shape.leave_at:g}",
            rule.action.value,
            rule.severity.value,
            ", ".join(words),
        )
    out.print(table)


def _tags(loaded: "Loaded") -> "tuple[TagFacts, ...]":
    """Return the tags that a policy may name; there need not be a library yet."""
    from .. import bundle
    from ..judging import known_tags

    at = loaded.settings.database.path
    if isinstance(at, Path) and not at.exists():
        return bundle.load(bundle.locate(loaded.settings.model.bundle)).facts.tags
    with open_store(loaded) as store, store.reading() as db:
        return known_tags(db, loaded.settings)
