"""`filmdex bench FILM...`: what indexing costs here, beside other ways through a film."""

import json
import os
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import counted

if TYPE_CHECKING:
    from ..bench.contenders import Contender
    from ..bench.rounds import Taken
    from ..bench.scoring import Truth

FOLDER = click.Path(file_okay=False, path_type=Path)
FILM = click.Path(dir_okay=False, exists=True, path_type=Path)


@click.command("films")
@click.argument("films", nargs=-1, required=True, type=FILM)
@click.option("-c", "--contender", "names", multiple=True, help="Only these, and bare decoding.")
@click.option("--rounds", default=3, show_default=True, help="How often everything is measured.")
@click.option(
    "--minutes", multiple=True, type=float, help="Repeat each film to last so long; several times."
)
@click.option("--truth", type=FOLDER, help="A folder of cuts, FILE.json for each film, to score.")
@click.option("-o", "--output", type=FOLDER, help="Write bench.md, bench.json, bench.svg there.")
def command(
    films: tuple[Path, ...],
    names: tuple[str, ...],
    rounds: int,
    minutes: tuple[float, ...],
    truth: Path | None,
    output: Path | None,
) -> None:
    """Measure on FILMS: bare decoding, scene detectors and filmdex itself, by turns.

    Prints a table (Markdown): processor and wall time with all child processes, times real time,
    ratios to bare decoding with their spread, peak memory, and F1 of the cuts where there is truth.
    Other programs decode the films without the limits that filmdex sets: take films you trust.
    """
    from ..bench import lengthen, picture, report
    from ..bench import rounds as measuring

    chosen = _chosen(names)
    truths = _truths(truth, films)
    with tempfile.TemporaryDirectory(prefix="filmdex-bench-") as folder:
        longer = [lengthen.lengthened(film, m, Path(folder)) for film in films for m in minutes]
        taken = list(measuring.rounds(longer or films, chosen, rounds, dict(os.environ), _tell))
    rows = report.scored(measuring.summary(taken), truths)
    said = shlex.join(["filmdex", *sys.argv[1:]])
    table = report.markdown(rows, said, rounds)
    click.echo(table, nl=False)
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        (output / "bench.md").write_text(table, encoding="utf-8")
        document = json.dumps(report.document(rows, said, rounds), indent=1)
        (output / "bench.json").write_text(document + "\n", encoding="utf-8")
        drawn = picture.svg([one.row for one in rows])
        (output / "bench.svg").write_text(drawn, encoding="utf-8")


def _chosen(names: Sequence[str]) -> "list[Contender]":
    """Return the contenders that were asked for, or all that can run; bare decoding always."""
    from ..bench.contenders import BARE, CONTENDERS

    for name in names:
        if name not in CONTENDERS:
            known = ", ".join(CONTENDERS)
            raise click.BadParameter(f"no contender {name!r}; there are {known}")
        if reason := CONTENDERS[name].missing:
            raise click.ClickException(f"{name}: {reason}")
    if names:
        return [one for one in CONTENDERS.values() if one.name in {BARE, *names}]
    for one in CONTENDERS.values():
        if one.missing:
            click.echo(f"without {one.name}: {one.missing}", err=True)
    return [one for one in CONTENDERS.values() if not one.missing]


def _truths(folder: Path | None, films: Sequence[Path]) -> "dict[str, Truth]":
    from ..bench.scoring import Truth

    found = {}
    for film in films if folder else ():
        path = Path(folder or "", f"{film.name}.json")
        if not path.is_file():
            click.echo(f"no truth for {film.name}", err=True)
            continue
        try:
            found[film.name] = Truth.of(json.loads(path.read_text(encoding="utf-8")))
        except (KeyError, ValueError) as error:
            raise click.ClickException(f"{path}: not a file of cuts ({error!r})") from error
    return found


def _tell(taken: "Taken") -> None:
    cuts = taken.passed.cuts_us
    click.echo(
        f"round {taken.round + 1}: {taken.film} {taken.contender}: {taken.cost.cpu_s:.2f} CPU s, "
        f"{taken.cost.wall_s:.2f} s" + ("" if cuts is None else f", {counted(len(cuts), 'cut')}"),
        err=True,
    )
