"""`filmdex policy estimate`: how much a policy misses, from a sample that people look at."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...db.errors import OutputError
from .common import open_store, settings_from, with_settings
from .common_policy import load_policy, with_policy
from .output import Format, console, counted, plain_table, print_rows, shown, with_format

if TYPE_CHECKING:
    from ..estimating import Answered


@click.command("estimate")
@with_policy
@click.option("--miss-rate", is_flag=True, required=True, help="How much the policy leaves alone.")
@click.option(
    "--draw",
    "draw_to",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw a sample of unflagged shots into this new file, for people to look at.",
)
@click.option(
    "--sample",
    "drawn",
    type=click.File("r", encoding="utf-8"),
    help="Estimate from this sample, once people have looked at it.",
)
@click.option("--size", type=click.IntRange(4), default=200, show_default=True, help="Shots.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another draw.")
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 0.9999),
    default=0.95,
    show_default=True,
    help="How often the interval holds the truth, at least.",
)
@with_format
@with_settings
def estimate(
    policy_name: str,
    miss_rate: bool,
    draw_to: Path | None,
    drawn: Any,
    size: int,
    seed: int,
    confidence: float,
    form: Format,
    config: Path | None,
    database: str | None,
) -> None:
    """Say how much a policy misses, and how sure that is.

    First --draw FILE: a random sample of the shots in which the policy found nothing, more of them
    near its thresholds. Then look at them: `filmdex review --sample FILE`. Then --sample FILE gives
    the share of misses with an interval that is exact in each stratum (Clopper and Pearson).
    """
    del miss_rate  # the one thing that can be estimated so far; it must be asked for by name
    if (draw_to is None) == (drawn is None):
        raise click.UsageError("--draw FILE first, then --sample FILE")
    loaded = settings_from(config, database)
    with open_store(loaded) as store:
        policy = load_policy(store, loaded.settings, policy_name)
        with store.reading() as db:
            if draw_to is not None:
                from ..estimating import sample

                _write_sample(sample(db, policy, size, seed), draw_to)
                return
            from ..estimating import answered

            found = answered(db, read_sample(drawn.read()), policy)
    _print_estimate(found, confidence, form)


def read_sample(text: str) -> dict[str, Any]:
    """Read a sample's document. Raises SampleError if it is none."""
    from ..estimating import SampleError

    try:
        document = json.loads(text)
    except ValueError as error:
        raise SampleError(f"not a sample that filmdex drew: {error}") from error
    if not isinstance(document, dict) or document.get("sample") != "filmdex 1":
        raise SampleError("not a sample that filmdex drew")
    return document


def _write_sample(document: dict[str, Any], to: Path) -> None:
    try:
        with to.open("x", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.write("\n")
    except FileExistsError as error:
        raise OutputError(
            f"{shown(str(to))} exists already, and people may have answered in it; name another "
            "file, or remove it"
        ) from error
    counts = ", ".join(str(stratum["shots"]) for stratum in document["strata"])
    drawn = counted(len(document["shots"]), "shot")
    click.echo(f"{shown(str(to))}: {drawn} of {counts} in the strata", err=True)


def _print_estimate(found: "Answered", confidence: float, form: Format) -> None:
    told = found.estimate(confidence)
    if form is not Format.TABLE:
        row = {
            "miss_rate": told.rate,
            "lower": told.lower,
            "upper": told.upper,
            "confidence": confidence,
            "shots": told.shots,
            "looked_at": sum(stratum.looked_at for stratum in told.strata),
            "misses": sum(stratum.misses for stratum in told.strata),
            "unanswered": found.unanswered,
        }
        print_rows(form, [row], row)
        return
    table = plain_table(">Stratum", ">Shots", ">Looked at", ">Misses")
    for number, stratum in enumerate(told.strata, 1):
        table.row(number, stratum.shots, stratum.looked_at, stratum.misses)
    console().print(table)
    click.echo(
        f"{100 * told.rate:.2f} % of {told.shots} unflagged shots are misses "
        f"({100 * told.lower:.2f} to {100 * told.upper:.2f} %, {100 * confidence:g} % confidence)"
    )
    if found.unanswered:
        click.echo(f"{found.unanswered} shots of the sample wait for a decision", err=True)
