"""Small figures as SVG that takes its colours and its font from the page that it stands in."""

import io
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .results import Estimate, TagResult, Undefined

# Colours that stand for the page's own, in light and in dark: no figure has them otherwise.
INK, FAINT, ACCENT, WARM = "#010203", "#010204", "#010205", "#010206"
NAMED = {INK: "var(--ink)", FAINT: "var(--faint)", ACCENT: "var(--accent)", WARM: "var(--warm)"}

LINE: dict[str, Any] = {"color": ACCENT, "linewidth": 1.4, "clip_on": False}
ROOTS = (0, 0.1, 0.5, 1)
INCHES = (2.1, 1.85)
# Matplotlib types its settings by name in some versions, by str in others.
SETTINGS: dict[Any, Any] = {
    "font.size": 7,
    "svg.fonttype": "none",
    # Names inside the figure come from a hash: with this the same data give the same bytes.
    "svg.hashsalt": "filmdex",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.linewidth": 0.8,
}


def precision_recall(result: TagResult) -> str:
    """Draw precision against recall, what chance gives, and the chosen threshold as a dot."""
    # The first point's precision holds from a recall of 0 on.
    recall, precision = zip((0.0, result.curve[0][1]), *result.curve, strict=True)
    with mpl.rc_context(SETTINGS):
        figure, axes = _square("recall", "precision")
        axes.fill_between(recall, precision, step="pre", color=ACCENT, alpha=0.13, linewidth=0)
        axes.plot(
            recall, precision, drawstyle="steps-pre", color=ACCENT, linewidth=1.4, clip_on=False
        )
        axes.axhline(result.positives / result.pictures, color=FAINT, linewidth=0.8, dashes=(3, 3))
        at = (_value(result.scores.recall), _value(result.scores.precision))
        axes.plot(*at, "o", color=WARM, markersize=5, clip_on=False, zorder=5)
        return _svg(figure)


def reliability(result: TagResult) -> str:
    """Draw how often the tag is there against how probable it was said to be.

    On root axes, since most pictures of most tags have a probability next to 0.
    """
    said, shown = zip(*result.reliability.curve, strict=True)
    with mpl.rc_context(SETTINGS):
        figure, axes = _square("probability", "share that shows it")
        axes.set_xscale("function", functions=(np.sqrt, np.square))
        axes.set_yscale("function", functions=(np.sqrt, np.square))
        axes.set(xlim=(0, 1), ylim=(0, 1), xticks=ROOTS, yticks=ROOTS)
        axes.set_xticklabels(map(str, ROOTS))
        axes.set_yticklabels(map(str, ROOTS))
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.8, dashes=(3, 3))
        axes.plot(said, shown, **LINE)
        axes.plot(
            [each.probability for each in result.reliability.bins],
            [each.shown / each.pictures for each in result.reliability.bins],
            "o",
            color=WARM,
            markersize=3.5,
            markeredgewidth=0,
            alpha=0.85,
            clip_on=False,
            zorder=5,
        )
        return _svg(figure)


def _square(across: str, up: str) -> tuple[Figure, Axes]:
    figure = Figure(INCHES, layout="constrained")
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.tick_params(length=2)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _value(estimate: Estimate) -> float:
    return float("nan") if isinstance(estimate, Undefined) else estimate.value


def _svg(figure: Figure) -> str:
    """Return the element alone, without what an SVG file of its own has before it."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    whole = buffer.getvalue()
    element = whole[whole.index("<svg") :]
    for colour, name in NAMED.items():
        element = element.replace(colour, name)
    return element
