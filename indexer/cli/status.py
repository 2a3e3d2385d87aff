"""`filmdex status`: the library and the work in one screen."""

from pathlib import Path

import click

from ..wall import wall_clock_us
from .common import open_store, settings_from, with_settings
from .output import (
    Format,
    clock,
    console,
    counted,
    plain,
    plain_table,
    print_json,
    print_rows,
    with_format,
)


@click.command("status")
@with_format
@with_settings
def command(form: Format, config: Path | None, database: str | None) -> None:
    """Show what is indexed, by which model, on what; what daemons do; and what has failed."""
    from ...db import status
    from ..owner import lives
    from ..standing import reports, status_row
    from . import daemon_status

    loaded = settings_from(config, database)
    with open_store(loaded) as store, store.reading() as db:
        now = status.read(db, lives, wall_clock_us())
        size = store.size_bytes(db)
    told = reports(now.daemons)
    path = loaded.settings.database.path
    row = status_row(now, told, path, size)
    if form is not Format.TABLE:
        print_json(row) if form is Format.JSON else print_rows(form, [row], row)
        return
    out = console()
    table = plain_table("", "")
    table.show_header = False
    table.row("Database", f"{path} ({size / 2**20:.1f} MB)")
    table.row("Films", f"{now.films}, {clock(now.duration_us)} of them indexed")
    table.row("Shots", f"{now.shots}")
    table.row("Work", ", ".join(f"{count} {state}" for state, count in now.jobs.items()))
    for model, digest, provider, count in now.runs:
        table.row("Model", f"{model} ({digest[:12]}) on {provider}: {counted(count, 'film')}")
    if now.missing:
        table.row("Missing", f"{counted(now.missing, 'film')} kept, whose files are gone")
    if now.paused_since_us:
        table.row("Paused", "by a person; `filmdex resume` goes on")
    for report in told:
        daemon_status.add_to(table, report, wall_clock_us())
    out.print(table)
    for title, reason in now.failures:
        out.print(plain("failed", "red"), plain(f"{title}: {reason}"), soft_wrap=True)
