"""`filmdex audit`: whether the record of decisions is what was written."""

import json
import sys
from pathlib import Path

import click

from .common import open_store, settings_from, with_settings
from .main import EXIT_FAILED
from .output import Format, console, plain_table, print_json, print_rows, shown, with_format

COLUMNS = ("number", "made_us", "kind", "subject", "mac", "body")


@click.group("audit")
def command() -> None:
    """Verify and read the record of verdicts, reviews, policies and models."""


@command.command("verify")
@click.option("--head", "noted", metavar="NUMBER:MAC", help="A head that was noted before.")
@with_format
@with_settings
def verify(noted: str | None, form: Format, config: Path | None, database: str | None) -> None:
    """Follow the chain from its beginning, and tell the first row that is not what was written.

    Without --head a tail that was cut off cannot be seen: take a line of the audit's log
    (`filmdex config show` says where it is), or a head that you noted. Exit code 1 if broken.
    """
    from ...db import audit
    from ..audit_key import key_for, parse_head

    try:
        head = None if noted is None else parse_head(noted)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    loaded = settings_from(config, database)
    with open_store(loaded) as store, store.reading() as db:
        empty = audit.head(db).number == 0
        # An empty chain is verified by any key: what is missing from it, the noted head tells.
        key = b"" if empty else key_for(loaded.settings.audit.key, chain_is_empty=False)
        found = audit.verify(db, key, head)
    whole = isinstance(found, audit.Head)
    if form is Format.TABLE:
        said = f"whole, head {found}" if isinstance(found, audit.Head) else _broken(found)
        click.echo(shown(said))
    elif isinstance(found, audit.Head):
        print_json({"whole": True, "entries": found.number, "head": str(found)})
    else:
        print_json({"whole": False, "row": found.number, "reason": found.reason})
    if not whole:
        sys.exit(EXIT_FAILED)


@command.command("list")
@click.option("--kind", help="Only verdict, review, policy, model or output.")
@with_format
@with_settings
def list_entries(kind: str | None, form: Format, config: Path | None, database: str | None) -> None:
    """List the record, oldest first; --json and --jsonl have each entry whole."""
    from ...db import audit

    with open_store(settings_from(config, database)) as store, store.reading() as db:
        found = audit.entries(db, kind)
    if form is not Format.TABLE:
        rows = (
            {name: getattr(entry, name) for name in COLUMNS[:-1]} | {"body": json.loads(entry.body)}
            for entry in found
        )
        print_rows(form, rows, COLUMNS)
        return
    table = plain_table(">No.", "Kind", "About", "What")
    for entry in found:
        table.row(entry.number, entry.kind, entry.subject, _gist(json.loads(entry.body)))
    console().print(table)


def _broken(found: object) -> str:
    from ...db.audit import Broken

    assert isinstance(found, Broken)  # noqa: S101  verify returns a head or this
    return f"broken: row {found.number} {found.reason}"


def _gist(body: dict[str, object]) -> str:
    names = (
        "title",
        "verdict",
        "policy",
        "tag",
        "decision",
        "reviewer",
        "name",
        "format",
        "digest",
    )
    return ", ".join(f"{name} {body[name]}" for name in names if name in body)
