"""For archives and spreadsheets: everything about every span, as CSV and as JSON Lines."""

import csv
import io
import json
from typing import Any

from ..moderation.documents import span_row, verdict_row
from .cutlist import CutList
from .text import line

FILM_KEYS = ("title", "path", "fingerprint", "verdict", "policy", "policy_digest", "model_digest")
COLUMNS = (
    *FILM_KEYS,
    "precision",
    "start_us",
    "end_us",
    "player_start_us",
    "player_end_us",
    "tag",
    "rule",
    "action",
    "severity",
    "by",
    "probability",
    "threshold",
    "peak_start_us",
    "peak_end_us",
    "reviews",
)


def rows(cuts: CutList) -> list[dict[str, Any]]:
    """Give a flat record a span."""
    film = verdict_row(cuts.verdict)
    about = {key: film[key] for key in (*FILM_KEYS, "precision")}
    return [
        about
        | span_row(found)
        | {
            "player_start_us": cuts.on_player(found.span.start_us),
            "player_end_us": cuts.on_player(found.span.end_us),
        }
        for found in cuts.spans
    ]


def write_csv(cuts: CutList) -> bytes:
    """Write CSV (RFC 4180), with a heading also where there is no span.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in rows(cuts):
        writer.writerow({key: _cell(value) for key, value in row.items()})
    return text.getvalue().encode()


def write_jsonl(cuts: CutList) -> bytes:
    """Write JSON Lines: first the verdict, then each span; `record` says which."""
    records = [{"record": "verdict"} | verdict_row(cuts.verdict)]
    records += [{"record": "span"} | row for row in rows(cuts)]
    return b"".join(json.dumps(row).encode() + b"\n" for row in records)


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if not isinstance(value, str):
        return value
    text = line(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
