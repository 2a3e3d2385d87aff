"""An HTML page that opens without a server: a timeline of the film, its spans, and pictures."""

import base64
from html import escape

from ..moderation.verdict import Affected
from .cutlist import CutList
from .text import line

COLOURS = {
    "skip": "#c0392b",
    "block": "#7b241c",
    "mute": "#b7950b",
    "blur": "#ca6f1e",
    "review": "#7d3c98",
}
STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:70em;padding:0 1em}
table{border-collapse:collapse;width:100%}td,th{padding:.3em .6em;text-align:left}
tr+tr{border-top:1px solid #ddd}svg{width:100%;height:3em;background:#eee;display:block}
figure{display:inline-block;margin:.3em}figcaption{font-size:.8em}img{max-width:14em;display:block}
.n{text-align:right;font-variant-numeric:tabular-nums}
"""
# No script, and nothing from elsewhere, whatever a film may be called.
RULES = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write(cuts: CutList) -> bytes:
    """Write the page."""
    verdict = cuts.verdict
    title = escape(line(verdict.film.title))
    lines = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{RULES}">',
        f"<title>{title}</title><style>{STYLE}</style></head><body>",
        f"<h1>{title}</h1>",
        f"<p><strong>{verdict.outcome.value}</strong> by {escape(line(verdict.policy.name))}; "
        f"{len(cuts.spans)} spans, {verdict.affected_us / 1e6:.1f} of "
        f"{cuts.facts.duration_us / 1e6:.1f} s.</p>",
        *(f"<p>{escape(line(reason))}</p>" for reason in verdict.reasons),
        _timeline(cuts),
        "<table><thead><tr><th>From<th>To<th>Tag<th>Action<th>Severity<th>By"
        "<th>Probability<th>Threshold<th>Rule<th>Reviews</thead><tbody>",
        *map(_row, cuts.spans),
        "</tbody></table>",
        *(_figure(still.time_us, still.jpeg) for still in cuts.stills),
        f"<p><small>{escape(line(_sources(cuts)))}</small></p>",
        "</body></html>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _timeline(cuts: CutList) -> str:
    whole = cuts.film.length_us
    bars = [
        f'<rect x="{100 * found.span.start_us / whole:.4f}%" y="{20 * number % 60}%" height="30%" '
        f'width="{100 * found.span.length_us / whole:.4f}%" '
        f'fill="{COLOURS[found.action.value]}"><title>{escape(line(_name(found)))}</title></rect>'
        for number, found in enumerate(cuts.spans)
    ]
    return f'<svg role="img" aria-label="timeline">{"".join(bars)}</svg>'


def _row(found: Affected) -> str:
    cells = (
        f'<td class="n" data-us="{found.span.start_us}">{_time(found.span.start_us)}'
        f'<td class="n" data-us="{found.span.end_us}">{_time(found.span.end_us)}',
        *(
            f"<td>{escape(line(text))}"
            for text in (
                found.tag,
                found.action.value,
                found.rule.severity.value,
                found.standing.value,
            )
        ),
        f'<td class="n">{found.peak:.3f}<td class="n">{found.threshold:.3f}',
        f'<td class="n">{found.number}<td>{", ".join(map(str, found.reviews))}',
    )
    return f"<tr>{''.join(cells)}"


def _figure(time_us: int, jpeg: bytes) -> str:
    data = base64.b64encode(jpeg).decode()
    return (
        f'<figure><img alt="" src="data:image/jpeg;base64,{data}">'
        f"<figcaption>{_time(time_us)}</figcaption></figure>"
    )


def _name(found: Affected) -> str:
    return f"{found.action.value} {found.tag}, {_time(found.span.start_us)}"


def _time(time_us: int) -> str:
    minutes, rest_us = divmod(time_us, 60_000_000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest_us / 1e6:06.3f}"


def _sources(cuts: CutList) -> str:
    verdict = cuts.verdict
    model = "" if verdict.basis is None else verdict.basis.model.digest
    film = f"film {verdict.film.fingerprint}"
    return f"{film}, policy sha256 {verdict.policy.digest}, model sha256 {model}"
