"""How a training tells people how far it is: lines and bars on stderr, and TensorBoard's logs."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import platformdirs
from rich.console import Console
from rich.progress import Progress, TaskID

from . import data_report
from .datasets import DataSet
from .progress import bar, tensorboard, together
from .run_folder import RunFolder
from .splits import Splits
from .train import Audience


def features_folder() -> Path:
    """Where features are kept between trainings; it may be removed at any time."""
    return platformdirs.user_cache_path("filmdex") / "features"


@contextmanager
def audience(run: RunFolder, *, quiet: bool) -> Iterator[Audience]:
    """Tell people on stderr, unless `quiet`, and write what lasts into the training's folder."""
    with ExitStack() as stack:
        epochs = stack.enter_context(bar("epochs", quiet))
        logs = stack.enter_context(tensorboard(run.logs))

        def report(data: DataSet, splits: Splits) -> None:
            text = json.dumps(data_report.document(data, splits), indent=1) + "\n"
            run.data_report.write_text(text, encoding="utf-8")
            if not quiet:
                data_report.print_report(data, splits, Console(stderr=True))

        yield Audience(
            say=(lambda _: None) if quiet else (lambda line: click.echo(line, err=True)),
            watch=together(epochs, logs),
            through=stack.enter_context(_counting(quiet)),
            report=report,
        )


@contextmanager
def _counting(quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for each thing that is counted; nothing if stderr is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _what, _done, _of: None
        return
    tasks: dict[str, TaskID] = {}
    with Progress(console=Console(stderr=True)) as progress:

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=of)
            progress.update(tasks[what], completed=done, total=of)

        yield tell


def today() -> str:
    """Return the date, as a page shows it."""
    return datetime.now(tz=UTC).date().isoformat()
