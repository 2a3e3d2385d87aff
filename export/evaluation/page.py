"""An evaluation, or a comparison, as one page that needs nothing else: no network, no other file.

What comes from outside (names of files, sources and tags) is escaped by the template engine; the
templates exempt the style sheet, the script and the figures, in which no such name stands. The page
allows no script but its own, by digest, and no picture but those inside it.
"""

import base64
import hashlib
from collections.abc import Callable
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined

from . import figures
from .results import Comparison, Confusion, Evaluation, HeldSource, TagResult

TEMPLATES = ("parts.html", "report.html", "comparison.html")
# The confusions that are named over the matrix, and the pictures that make a cell worth reading.
NAMED, FEW = 6, 5

Thumbnail = Callable[[int], str]


def report(evaluation: Evaluation, thumbnail: Thumbnail) -> str:
    """Return the page of an evaluation; `thumbnail` gives the `data:` address of a row's picture.

    It is asked only for the pictures that the evaluation names as mistakes.
    """
    ranked = sorted(evaluation.tags, key=_order)
    return _render(
        "report.html",
        it=evaluation,
        tags=ranked,
        curves=[(each.tag, figures.precision_recall(each)) for each in ranked],
        diagrams=[(each, figures.reliability(each)) for each in ranked],
        confused=_confused(evaluation.confusion),
        matrix=_matrix(evaluation.held_sources),
        few=FEW,
        thumbnail=thumbnail,
    )


def comparison_page(comparison: Comparison) -> str:
    """Return the page of a comparison."""
    return _render("comparison.html", it=comparison)


def _render(template: str, **facts: object) -> str:
    texts = {name: _text(name) for name in TEMPLATES}
    script = _text("sort.js")
    environment = Environment(
        loader=DictLoader(texts),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return environment.get_template(template).render(
        style=_text("page.css"),
        script=script,
        script_digest=digest,
        **facts,
    )


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _order(result: TagResult) -> float:
    found = result.scores.average_precision
    return -found.value if found.kind != "undefined" else 0.0


def _confused(confusion: Confusion) -> list[tuple[int, int, str, str]]:
    """Return the most frequent: pictures, of how many missed, the tag shown, the tag claimed."""
    pairs = [
        (count, missed, tag, other)
        for tag, missed, claimed in zip(
            confusion.tags, confusion.missed, confusion.claimed, strict=True
        )
        for other, count in zip(confusion.tags, claimed, strict=True)
        if count
    ]
    return sorted(pairs, reverse=True)[:NAMED]


def _matrix(held: tuple[HeldSource, ...]) -> dict[str, object]:
    """Return sources by tags: those with something to show, the largest source first."""
    told = sorted((each for each in held if each.cells), key=lambda each: -each.pictures)
    tags = list(dict.fromkeys(cell.tag for each in told for cell in each.cells))
    return {
        "tags": sorted(tags),
        "rows": [(each, {cell.tag: cell for cell in each.cells}) for each in told],
        "without": len(held) - len(told),
    }
