"""`filmdex doctor`: is this installation fit for work, and if not, what to do."""

import sys
from pathlib import Path

import click

from .common import settings_from, with_settings
from .output import Format, console, plain, plain_table, print_rows, with_format


@click.command("doctor")
@with_format
@with_settings
def command(form: Format, config: Path | None, database: str | None) -> None:
    """Check runtime, model, decoder and database; exit 1 if anything is wrong."""
    from ..health import examine

    findings = examine(settings_from(config, database).settings)
    if form is Format.TABLE:
        table = plain_table("", "Check", "Finding")
        for finding in findings:
            mark = plain("ok", "green") if finding.fit else plain("wrong", "red")
            table.row(mark, finding.check, finding.what)
        console().print(table)
    else:
        rows = [{"check": f.check, "ok": f.fit, "finding": f.what} for f in findings]
        print_rows(form, rows, ("check", "ok", "finding"))
    sys.exit(0 if all(finding.fit for finding in findings) else 1)
