"""`filmdex db`: copies of the library, whether it is sound, and how others can read it.

A file is looked after here; a PostgreSQL database by its own tools, which the commands name.
"""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.progress import TaskID

from ...db.address import Address, Server
from . import near
from .common import open_store, settings_from, with_settings
from .output import Format, counted, plain, print_json, print_rows, with_format
from .progress import bars

if TYPE_CHECKING:
    from ...db.upkeep import Compacted

FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("db")
def command() -> None:
    """Look after the library: backup, restore, check, compact, upgrade, copy, export, near."""


command.add_command(near.command)


@command.command("backup")
@click.argument("target", type=FILE)
@with_settings
def backup(target: Path, config: Path | None, database: str | None) -> None:
    """Copy the library to the new file TARGET, while it is in use.

    The copy shows one moment, and is checked before it gets its name.
    """
    from ...db import upkeep

    dump = f"pg_dump --format=custom --file={shlex.quote(str(target))}"
    path = _file(config, database, dump)
    with _pages("copied") as tell:
        upkeep.backup(path, target, tell)
    click.echo(f"{plain(target)}: {target.stat().st_size / 2**20:.1f} MB, sound", err=True)


@command.command("restore")
@click.argument("source", type=FILE)
@with_settings
def restore(source: Path, config: Path | None, database: str | None) -> None:
    """Put the copy SOURCE in the place of the library; what was there is kept beside it."""
    from ...db import upkeep
    from ...db.upgrade import require_known

    put_back = f"pg_restore --clean --if-exists --single-transaction {shlex.quote(str(source))}"
    path = _file(config, database, put_back)
    require_known(upkeep.schema_of(source), str(source))
    with _pages("restored") as tell:
        kept = upkeep.restore(source, path, tell)
    click.echo(f"{plain(path)}: restored from {plain(source)}", err=True)
    if kept is not None:
        click.echo(f"what was there before is in {plain(kept)}", err=True)


@command.command("check")
@with_format
@with_settings
def check(form: Format, config: Path | None, database: str | None) -> None:
    """Tell whether the library is sound: the file, its references, its films and shots.

    Exits with 1 if anything is wrong.
    """
    at = _address(config, database)
    found = [{"fault": fault} for fault in _faults(at)]
    if form is not Format.TABLE:
        print_rows(form, found, ("fault",))
    for row in found if form is Format.TABLE else ():
        click.echo(plain(row["fault"]))
    if found:
        raise click.ClickException(
            f"{at}: {counted(len(found), 'fault')}; `filmdex db restore` brings a copy back, "
            "`filmdex index --force` makes single films anew"
        )
    click.echo(f"{plain(str(at))}: sound", err=True)


@command.command("compact")
@with_format
@with_settings
def compact(form: Format, config: Path | None, database: str | None) -> None:
    """Drop what replaced runs have left, and give unused space back to the disk."""
    done = _compact(at := _address(config, database))
    row = {"before_bytes": done.before, "after_bytes": done.after, "rows_dropped": done.rows}
    if form is Format.TABLE:
        sizes = f"{done.before / 2**20:.1f} MB, now {done.after / 2**20:.1f} MB"
        click.echo(f"{plain(str(at))}: {sizes}; {counted(done.rows, 'row')} dropped", err=True)
    elif form is Format.JSON:
        print_json(row)
    else:
        print_rows(form, [row], row)


@command.command("upgrade")
@click.option("--no-copy", is_flag=True, help="Do not keep the library as it was beside it.")
@with_settings
def upgrade(no_copy: bool, config: Path | None, database: str | None) -> None:
    """Bring the library to this program's schema; a copy of it as it was is kept beside it.

    Every command does so by itself, with the copy, when it finds an older library.
    """
    from ...db.store import Store
    from ...db.tables import SCHEMA_VERSION

    at = _address(config, database)
    before = _schema_of(at)
    Store.open(at, make=False, keep=not no_copy).close()
    what = "was" if before == SCHEMA_VERSION else f"was {before}, is now"
    click.echo(f"{plain(str(at))}: schema {what} {SCHEMA_VERSION}", err=True)


@command.command("copy")
@click.argument("source")
@click.argument("target")
@with_format
def copy(source: str, target: str, form: Format) -> None:
    """Copy the library SOURCE into the new or empty library TARGET: files, or PostgreSQL's URLs.

    Every row is compared afterwards, and nothing is copied unless all are the same. Then name the
    new library in the configuration (database.path).
    """
    from ...db import copying
    from ...db.address import address_of
    from ...db.store import Store

    with (
        Store.open(address_of(source), make=False) as old,
        Store.open(address_of(target)) as new,
        _rows_of() as tell,
    ):
        written = copying.copy(old, new, tell)
    rows = [
        {"table": name, "rows": digest.rows, "sha256": digest.sha256}
        for name, digest in written.items()
    ]
    if form is not Format.TABLE:
        print_rows(form, rows, ("table", "rows", "sha256"))
        return
    total = counted(sum(digest.rows for digest in written.values()), "row")
    click.echo(f"{plain(new.name)}: {total} in {len(rows)} tables, each the same", err=True)


@command.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@with_settings
def export(folder: Path, config: Path | None, database: str | None) -> None:
    """Write films, film_tags, shots and shot_tags as Parquet files into the new folder FOLDER."""
    try:
        from ...db import parquet
    except ImportError as error:
        raise click.ClickException(
            f"{error.name} is not installed; pip install 'filmdex[parquet]'"
        ) from error
    from ..beside import beside

    loaded = settings_from(config, database)
    with (
        open_store(loaded) as store,
        store.reading() as db,
        beside(folder) as partial,
        _rows() as tell,
    ):
        written = parquet.export(db, partial, tell)
    rows = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in written.items())
    click.echo(f"{plain(folder)}: {rows}", err=True)


@command.command("datasette")
def datasette() -> None:
    """Print a metadata file for Datasette, which shows the library in a browser.

    \b
    filmdex db backup library.db
    filmdex db datasette > metadata.json
    datasette library.db --immutable library.db -m metadata.json
    """  # noqa: D301  \b keeps click from refilling the examples
    from importlib.resources import files

    text = (files("filmdex.db") / "datasette.json").read_text(encoding="utf-8")
    click.echo(text, nl=False)


def _address(config: Path | None, database: str | None) -> Address:
    return settings_from(config, database).settings.database.path


def _file(config: Path | None, database: str | None, instead: str) -> Path:
    """Return the library's file. On a server, `instead` does what was asked."""
    match _address(config, database):
        case Server() as server:
            raise click.ClickException(
                f"{server} is looked after by PostgreSQL's own tools: "
                f"{instead} --dbname={shlex.quote(str(server))}"
            )
        case path:
            return path


def _faults(at: Address) -> Iterator[str]:
    if isinstance(at, Server):
        from ...db import server_upkeep

        return server_upkeep.faults(at)
    from ...db import upkeep

    return upkeep.faults(at)


def _compact(at: Address) -> "Compacted":
    if isinstance(at, Server):
        from ...db import server_upkeep

        return server_upkeep.compact(at)
    from ...db import upkeep

    return upkeep.compact(at)


def _schema_of(at: Address) -> str | None:
    if isinstance(at, Server):
        from ...db import server_upkeep

        return server_upkeep.schema_of(at)
    from ...db import upkeep

    return upkeep.schema_of(at)


@contextmanager
def _pages(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar of pages on a terminal, nothing elsewhere."""
    with bars() as shown:
        bar = shown.add_task(what, total=None)
        yield lambda done, of: shown.update(bar, completed=done, total=of)


@contextmanager
def _rows() -> Iterator[Callable[[str, int], None]]:
    """Show how many rows of each table are written on a terminal, nothing elsewhere."""
    with _rows_of("{task.description}", "{task.completed}") as tell:
        yield lambda name, written: tell(name, written, None)


@contextmanager
def _rows_of(*columns: str) -> Iterator[Callable[[str, int, int | None], None]]:
    """Show how far each table is on a terminal, nothing elsewhere."""
    with bars(*columns) as shown:
        tasks: dict[str, TaskID] = {}

        def tell(name: str, written: int, of: int | None) -> None:
            if name not in tasks:
                tasks[name] = shown.add_task(name, total=of)
            shown.update(tasks[name], completed=written)

        yield tell
