"""What was measured, for people (Markdown) and programs (JSON), and on what machine."""

import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .contenders import CONTENDERS
from .rounds import Row, Spread
from .scoring import Score, Truth, pooled, score

TOLERANCES = (2, 0)
PACKAGES = ("filmdex", "av", "numpy", "opencv-python-headless", "scenedetect-headless")
TOLD = ("onnxruntime", "onnxruntime-gpu")
HEADINGS = (
    "film", "contender", "CPU s", "wall s", "x real time", "CPU to bare", "own MB", "child MB",
    "F1 at 2", "F1 at 0",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scored:
    """A row, and its cuts' score for each of TOLERANCES; none without truth or cuts."""

    row: Row
    scores: tuple[Score, ...] | None


def scored(rows: Iterable[Row], truths: Mapping[str, Truth]) -> list[Scored]:
    """Score each row whose film has a truth."""
    return [Scored(row, _scores(row, truths.get(row.film))) for row in rows]


def _scores(row: Row, truth: Truth | None) -> tuple[Score, ...] | None:
    if truth is None or row.passed.cuts_us is None:
        return None
    return tuple(score(truth, row.passed.cuts_us, tolerance) for tolerance in TOLERANCES)


def pooled_scores(rows: Sequence[Scored]) -> dict[str, tuple[Score, ...]]:
    """Add each contender's scores up over all films that have a truth."""
    by_contender: dict[str, list[tuple[Score, ...]]] = {}
    for one in rows:
        if one.scores is not None:
            by_contender.setdefault(one.row.contender, []).append(one.scores)
    return {
        name: tuple(pooled(column) for column in zip(*scores, strict=True))
        for name, scores in by_contender.items()
    }


def machine() -> dict[str, Any]:
    """Describe what it was measured on, and with which versions."""
    installed = {name: found for name in (*PACKAGES, *TOLD) if (found := _version(name))}
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": installed,
    }


def document(rows: Sequence[Scored], command: str, count: int) -> dict[str, Any]:
    """Describe everything as one JSON document."""
    return {
        "command": command,
        "rounds": count,
        "machine": machine(),
        "contenders": {one.row.contender: CONTENDERS[one.row.contender].what for one in rows},
        "rows": [_row_document(one) for one in rows],
        "pooled": {name: _score_documents(of) for name, of in pooled_scores(rows).items()},
    }


def _row_document(one: Scored) -> dict[str, Any]:
    row = asdict(one.row) | {"times_real_time": one.row.times_real_time}
    return row | {"scores": one.scores and _score_documents(one.scores)}


def _score_documents(scores: Sequence[Score]) -> dict[str, Any]:
    return {
        f"at_{tolerance}": asdict(of)
        | {"f1": of.f1, "precision": of.precision, "recall": of.recall}
        for tolerance, of in zip(TOLERANCES, scores, strict=True)
    }


def markdown(rows: Sequence[Scored], command: str, count: int) -> str:
    """Write a table, and before it the machine, the command and who is who."""
    about = machine()
    packages = ", ".join(f"{name} {found}" for name, found in about["packages"].items())
    lines = [
        f"{about['processor']}, {about['cores']} cores; Python {about['python']}; {packages}.",
        "",
        f"`{command}`: {count} rounds, by turns; middle values, ratios with least and most.",
        "",
        *(f"- *{name}*: {CONTENDERS[name].what}" for name in _names(rows)),
        "",
        "| " + " | ".join(HEADINGS) + " |",
        "|" + "---|" * len(HEADINGS),
        *("| " + " | ".join(_cells(one)) + " |" for one in rows),
        "",
        *(_pooled_line(name, scores) for name, scores in pooled_scores(rows).items()),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _names(rows: Iterable[Scored]) -> Iterable[str]:
    return dict.fromkeys(one.row.contender for one in rows)


def _cells(one: Scored) -> list[str]:
    row = one.row
    f1 = ["-"] * len(TOLERANCES) if one.scores is None else [f"{of.f1:.3f}" for of in one.scores]
    return [
        row.film.replace("|", "\\|"),
        row.contender,
        f"{row.cpu_s.middle:.2f}",
        f"{row.wall_s.middle:.2f}",
        f"{row.times_real_time:.0f}",
        _ratio(row.to_bare),
        f"{row.own_mb:.0f}",
        f"{row.child_mb:.0f}" if row.child_mb else "-",
        *f1,
    ]


def _ratio(ratio: Spread) -> str:
    return f"{ratio.middle:.3f} ({ratio.least:.3f} to {ratio.most:.3f})"


def _pooled_line(name: str, scores: Sequence[Score]) -> str:
    parts = (
        f"within {tolerance} frames F1 {of.f1:.3f}, precision {of.precision:.3f}, "
        f"recall {of.recall:.3f}"
        for tolerance, of in zip(TOLERANCES, scores, strict=True)
    )
    return f"- *{name}*, all films with truth pooled: {'; '.join(parts)}."


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    """Return the processor's name, proc(5)."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.machine()
    named = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return named[1] if named else platform.machine()
