"""Evaluating trainings: their pictures judged by models that had not seen them, then counted.

What a bundle says of the test pictures is asked of its ONNX graphs, as the indexer would; folds are
trained as the training was. Calibration and thresholds are those of the bundle.
"""

import platform
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..db.errors import ModelError
from ..indexer import bundle
from ..indexer.beside import beside
from ..indexer.bundle import Bundle
from ..indexer.card import Card, Expert, IsotonicCurve, PlattScaling, Trained
from ..indexer.sessions import Provider, open_session
from . import features
from .backbones import named
from .calibrate import Calibration, Isotonic, Platt
from .evaluation import page
from .evaluation.compare import Contender, compare
from .evaluation.cross_source import held_sources
from .evaluation.cross_validation import by_group, large_groups
from .evaluation.evaluate import Thresholds, evaluate
from .evaluation.judged import Judged
from .evaluation.results import About, Comparison, Evaluation, HeldSource
from .evaluation.speed import images_per_second
from .evaluation.thumbnails import of_file
from .features import ShippedBackbone
from .folds import by_source
from .order import Order
from .recipes import Fixed, Recipe, cross_validated
from .run_folder import RunFolder
from .task import Floats, Rows, Task
from .thresholds import as_stored
from .train import Audience, Material, framed, planned, read

PAGE, JSON = "index.html", "evaluation.json"
TIMED = 8
FOLDS_NOTE = (
    "Each picture was judged by a model trained, as this one was, on other sources. Calibration "
    "and thresholds are the bundle's, chosen on the same kind of judgement: precision and recall "
    "are a little too good for it, AUC and average precision are not."
)
TEST_NOTE = "The test pictures were used for nothing else; the bundle's own graphs judged them."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to judge, `folds`, `test` or None for what suits the training.

    across: how many pictures a source must have to be left out by itself; None for none.
    """

    pictures: str | None
    folds: int
    across: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A finished training: its order, its pictures and its bundle."""

    run: RunFolder
    order: Order
    material: Material
    bundle: Bundle

    @classmethod
    def open(cls, path: Path) -> "Finished":
        """Open a training's folder and read its data set again. Raises ModelError."""
        run, order = RunFolder.open(path)
        made = bundle.load(bundle.locate(str(path)))
        return cls(run, order, read(order, run, _nobody()), made)


def evaluate_run(path: Path, output: Path, wanted: Wanted, cache: Path, date: str) -> Path:
    """Evaluate a training into the new folder `output`; return the page's path."""
    it = Finished.open(path)
    across: tuple[HeldSource, ...] = ()
    in_folds = False
    if wanted.pictures != "test" or wanted.across is not None:
        recipe = planned(it.order, it.material.task, it.run, cache, _nobody()).recipe
        suits = wanted.pictures is None and isinstance(recipe, Fixed)
        in_folds = wanted.pictures == "folds" or suits
        if wanted.across is not None:
            across = by_itself(it, recipe, wanted.across)
    if in_folds:
        judged = in_turn(it, recipe, wanted.folds)
        split, note = f"{_folds(it.material.task, wanted.folds)} folds by source", FOLDS_NOTE
    else:
        judged = on_test(it, cache)
        split, note = "the test pictures, split by source", TEST_NOTE
    result = evaluate(judged, thresholds_of(it.bundle.card), _about(it, split, date, note), across)
    return write(result, it.material.task, judged, output)


def in_turn(it: Finished, recipe: Recipe, folds: int) -> Judged:
    """Judge all pictures, each by a model trained on the other folds."""
    task, seed = it.material.task, it.order.seed
    held = by_source(task.labels, task.groups, _folds(task, folds), seed)
    return _judged(task, cross_validated(recipe, task, held, seed), it.bundle.card)


def by_itself(it: Finished, recipe: Recipe, fewest: int) -> tuple[HeldSource, ...]:
    """Judge each source of `fewest` pictures or more by a model trained on all others.

    Raises ModelError if there are no two of them.
    """
    task, seed, card = it.material.task, it.order.seed, it.bundle.card
    groups = large_groups(task.groups, fewest)
    if len(set(groups)) < 2:
        raise ModelError(
            f"no two sources have {fewest} pictures; name a smaller number with --across"
        )
    left_out = tuple(rows for _, rows in by_group(groups))
    alone = _judged(task, cross_validated(recipe, task, left_out, seed), card)
    return held_sources(alone, thresholds_of(card), groups)


def _folds(task: Task, asked: int) -> int:
    return min(asked, len(set(task.groups)))


def on_test(it: Finished, cache: Path) -> Judged:
    """Ask the bundle's own graphs about the test pictures."""
    task, rows = it.material.task, it.material.test
    backbone = ShippedBackbone.of(it.bundle)
    embedded = features.extract(
        [task.paths[row] for row in rows.tolist()], backbone, cache
    ).features
    head = open_session(it.bundle.path / it.bundle.card.head.file, Provider.CPU, 0)
    return _with(task, rows, as_stored(head.run(embedded)))


def compare_runs(paths: tuple[Path, ...], output: Path, cache: Path, date: str) -> Path:
    """Put trainings side by side on their common test pictures; return the page's path.

    Raises ModelError if their test pictures are not the same.
    """
    runs = {path.name: Finished.open(path) for path in paths}
    if len(runs) < len(paths):
        raise ModelError("two trainings have the same name; rename one folder")
    judged = {name: on_test(it, cache) for name, it in runs.items()}
    speeds = images_per_second({name: _timed(it) for name, it in runs.items()}, TIMED)
    contenders = tuple(
        Contender(
            name, judged[name], thresholds_of(it.bundle.card), parameters(it.order), speeds[name]
        )
        for name, it in runs.items()
    )
    first = next(iter(runs.values()))
    about = _about(first, "the test pictures, split by source", date, TEST_NOTE)
    return write_comparison(compare(contenders, about, machine()), output)


def thresholds_of(card: Card) -> Thresholds:
    """Return each tag's threshold; none for what the head does not report."""
    return tuple(
        entry.ability.threshold if isinstance(entry.ability, Trained) else None
        for entry in card.tags
    )


def parameters(order: Order) -> int:
    """Return how many numbers a backbone holds."""
    name = "inception_2015" if order.borrowed is not None else order.backbone
    return named(name).build().parameters


def machine() -> str:
    """Name this machine for a page with times on it."""
    return f"{platform.machine()}, {platform.processor() or 'unnamed processor'}"


def write(result: Evaluation, task: Task, judged: Judged, output: Path) -> Path:
    """Write an evaluation's page and JSON into the new folder `output`; return the page's path."""
    by_name = dict(zip(task.names, task.paths, strict=True))
    text = page.report(result, lambda row: of_file(by_name[judged.names[row]]))
    return _write(text, result.model_dump_json(indent=1), output)


def write_comparison(result: Comparison, output: Path) -> Path:
    """Write a comparison's page and JSON into the new folder `output`; return the page's path."""
    return _write(page.comparison_page(result), result.model_dump_json(indent=1), output)


def _write(text: str, facts: str, output: Path) -> Path:
    with beside(output) as folder:
        (folder / PAGE).write_text(text, encoding="utf-8")
        (folder / JSON).write_text(facts + "\n", encoding="utf-8")
    return output / PAGE


def _timed(it: Finished) -> Callable[[], object]:
    backbone = ShippedBackbone.of(it.bundle)
    frames = np.stack(framed(it.material.test, TIMED, it.material.task, backbone))
    whole = np.resize(frames, (TIMED, *frames.shape[1:]))
    return partial(backbone.features, whole)


def _judged(task: Task, logits: Floats, card: Card) -> Judged:
    probabilities = np.zeros(logits.shape)
    for column, entry in enumerate(card.tags):
        if isinstance(entry.ability, Trained):
            calibration = _calibration(entry.ability.calibration)
            probabilities[:, column] = as_stored(calibration.probabilities(logits[:, column]))
    return _with(task, np.arange(len(task.paths)), probabilities)


def _with(task: Task, rows: Rows, probabilities: npt.NDArray[np.float64]) -> Judged:
    return Judged(
        tags=tuple(tag.tag for tag in task.tags),
        labels=task.labels[rows],
        settled=task.settled[rows],
        probabilities=probabilities,
        sources=task.groups_of(rows),
        names=tuple(task.names[row] for row in rows.tolist()),
    )


def _calibration(said: PlattScaling | IsotonicCurve) -> Calibration:
    match said:
        case PlattScaling(slope=slope, intercept=intercept):
            return Platt(slope, intercept)
        case IsotonicCurve(logits=logits, probabilities=probabilities):
            return Isotonic(logits, probabilities)


def _about(it: Finished, split: str, date: str, note: str) -> About:
    card, data = it.bundle.card, it.material.data
    experts = [entry.tag for entry in card.tags if isinstance(entry.ability, Expert)]
    notes = [note]
    if experts:
        notes.append(f"{', '.join(experts)}: an expert network's, not judged here.")
    return About(
        title=f"{card.name}: evaluation",
        model=f"{card.name} {card.version} ({it.bundle.digest[:12]})",
        data_set=f"{Path(it.order.data_set).name} ({data.pictures.digest[:12]})",
        split=split,
        date=date,
        notes=tuple(notes),
    )


def _nobody() -> Audience:
    return Audience(
        say=lambda _: None,
        watch=lambda _: None,
        through=lambda _what, _done, _of: None,
        report=lambda _data, _splits: None,
    )
