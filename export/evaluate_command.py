"""`filmdex evaluate`: how good a training is, and which of several is better."""

from pathlib import Path

import click

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("evaluate")
@click.argument("trainings", type=FOLDER, nargs=-1, required=True)
@click.option(
    "--compare",
    is_flag=True,
    help="Put two trainings or more side by side, on their test pictures.",
)
@click.option(
    "--on",
    "pictures",
    type=click.Choice(["folds", "test"]),
    help="Cross-validate by source, or judge the test pictures; folds unless blocks were tuned.",
)
@click.option(
    "--folds", type=click.IntRange(2), default=10, show_default=True, help="How many folds."
)
@click.option(
    "--across",
    type=click.IntRange(1),
    metavar="N",
    help="Besides, train on all sources but one and test on that, for those of N pictures or more.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="A folder; TRAINING/evaluation if none."
)
def command(
    trainings: tuple[Path, ...],
    compare: bool,
    pictures: str | None,
    folds: int,
    across: int | None,
    output: Path | None,
) -> None:
    """Evaluate TRAININGS, the folders of `filmdex train`: a page for people, and the same as JSON.

    Everything is measured on pictures that the model which judged them had not seen, nor anything
    else from where they come from.
    """
    from .evaluating import Wanted, compare_runs, evaluate_run
    from .watching import features_folder, today

    if compare:
        if len(trainings) < 2:
            raise click.UsageError("--compare takes two trainings or more")
        if output is None:
            raise click.UsageError("--compare needs a folder for its page: --output")
        written = compare_runs(trainings, output, features_folder(), today())
        click.echo(f"{written}", err=True)
        return
    for training in trainings:
        target = output if output and len(trainings) == 1 else training / "evaluation"
        wanted = Wanted(pictures, folds, across)
        written = evaluate_run(training, target, wanted, features_folder(), today())
        click.echo(f"{written}", err=True)
