"""How far a training is: for people as a bar on stderr, for TensorBoard as its log files."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@dataclass(frozen=True, slots=True)
class StepDone:
    """A batch was learnt from; `step` counts from 1."""

    step: int
    steps: int
    loss: float


@dataclass(frozen=True, slots=True)
class EpochDone:
    """An epoch is over, and what it ended with by name; `epoch` counts from 1."""

    epoch: int
    epochs: int
    values: Mapping[str, float]


Watcher = Callable[[StepDone | EpochDone], None]


def silent(_: StepDone | EpochDone) -> None:
    """Watch and say nothing."""


def together(*watchers: Watcher) -> Watcher:
    """Tell several watchers, in order."""

    def tell(done: StepDone | EpochDone) -> None:
        for watcher in watchers:
            watcher(done)

    return tell


@contextmanager
def bar(title: str, quiet: bool = False) -> Iterator[Watcher]:
    """Show a bar of epochs with their losses; nothing if stderr is no terminal, or if `quiet`."""
    console = Console(stderr=True)
    if quiet or not sys.stderr.isatty():
        yield silent
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}"),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(title, total=None, said="")

        def tell(done: StepDone | EpochDone) -> None:
            if isinstance(done, EpochDone):
                progress.update(
                    task, completed=done.epoch, total=done.epochs, said=in_words(done.values)
                )
            else:
                said = f"batch {done.step} of {done.steps}, loss {done.loss:.4f}"
                progress.update(task, said=said)

        yield tell


def in_words(values: Mapping[str, float]) -> str:
    """Return `loss 0.1234, validation loss 0.2345`."""
    return ", ".join(f"{name.replace('_', ' ')} {value:.4f}" for name, value in values.items())


@contextmanager
def tensorboard(folder: Path) -> Iterator[Watcher]:
    """Write each epoch's values into `folder` for TensorBoard, which need not be installed.

    `tf.summary.scalar` is part of that package; a scalar is a tensor with this plugin's name.
    """
    import tensorflow as tf

    metadata = tf.compat.v1.SummaryMetadata(
        plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars")
    )
    writer = tf.summary.create_file_writer(str(folder))

    def tell(done: StepDone | EpochDone) -> None:
        if isinstance(done, StepDone):
            return
        with writer.as_default():
            for name, value in done.values.items():
                tf.summary.write(name, tf.constant(value, tf.float32), done.epoch, metadata)
        writer.flush()

    try:
        yield tell
    finally:
        writer.close()
