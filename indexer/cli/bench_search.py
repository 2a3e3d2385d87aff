"""`filmdex bench search`: how long a fixed mix of queries takes in a library."""

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import click

from .output import Format, console, plain_table, print_rows, with_format

if TYPE_CHECKING:
    from ..bench.searching import Timed

COLUMNS = ("query", "of", "order", "total", "median_ms", "worst_ms", "cpu_ms", "while_writing_ms")


@click.command("search")
@click.argument("library", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option(
    "--rounds",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    help="How often each query is asked, after once to warm up.",
)
@click.option(
    "--plans", type=click.IntRange(0), default=3, show_default=True, help="Plans of the worst."
)
@click.option(
    "--while-writing",
    is_flag=True,
    help="Ask once more while a film is written to LIBRARY, which is then taken out again.",
)
@with_format
def command(library: Path, rounds: int, plans: int, while_writing: bool, form: Format) -> None:
    """Ask LIBRARY a fixed mix of 30 queries, warm: the first page of 50 and the capped total.

    Prints each query's times, the 95th percentile of all askings, and how the database goes about
    the worst. `filmdex bench make-library` makes libraries for it, of the default model's tags.
    """
    from ...db.store import Store
    from ..bench import searching
    from ..bench.writing import film_being_written

    with Store.open(library, make=False) as store:
        found = searching.timed(store, rounds)
        beside: tuple[Timed | None, ...] = (None,) * len(found)
        if while_writing:
            with film_being_written(library):
                beside = searching.timed(store, rounds)
        worst = sorted(found, key=lambda one: one.median_ms, reverse=True)[:plans]
        told = [(one, searching.plans(store, one.asked)) for one in worst]
    rows = [_row(one, other) for one, other in zip(found, beside, strict=True)]
    if form is not Format.TABLE:
        print_rows(form, rows, COLUMNS)
        return
    table = plain_table(
        "Query", "Of", "Order", ">Total", ">Median ms", ">Worst", ">CPU", ">While writing"
    )
    for row in rows:
        table.row(*("" if row[name] is None else row[name] for name in COLUMNS))
    console().print(table)
    for name, every in (
        ("ms", [time_ms for one in found for time_ms in one.times_ms]),
        ("ms of the processor", [time_ms for one in found for time_ms in one.cpu_ms]),
    ):
        part = searching.percentile
        click.echo(
            f"95th percentile {part(every, 0.95):.1f} {name}, worst {max(every):.1f}, "
            f"median {part(every, 0.5):.1f}"
        )
    for one, lines in told:
        click.echo(f"\n{one.asked.text} ({one.median_ms:.1f} ms)")
        for line in lines:
            click.echo(f"  {line}")


def _row(one: "Timed", beside: "Timed | None") -> dict[str, object]:
    return {
        "query": one.asked.text,
        "of": "shots" if one.asked.shots else "films",
        "order": one.asked.order,
        "total": one.total,
        "median_ms": round(one.median_ms, 1),
        "worst_ms": round(one.worst_ms, 1),
        "cpu_ms": round(median(one.cpu_ms), 1),
        "while_writing_ms": None if beside is None else round(beside.median_ms, 1),
    }
