"""An HTML page that opens without a server: a timeline of the film, its spans, and pictures."""

import base64
from html import escape

from ...db.records import Span
from ..moderation.verdict import Affected
from .cutlist import CutList, Still, said
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
tr+tr{border-top:1px solid #ddd}.n{text-align:right;font-variant-numeric:tabular-nums}
.lanes{display:grid;grid-template-columns:max-content 1fr;gap:.2em 1em;margin:1em 0 2em}
svg{width:100%;height:1.3em;background:#eee;display:block}
.axis{grid-column:2;display:flex;justify-content:space-between;font-size:.8em}
figure{display:inline-block;margin:.3em;vertical-align:top;width:14em}
figcaption{font-size:.8em}img{width:14em;display:block}
"""
TICKS = 4
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
        f"{len(cuts.spans)} span{'' if len(cuts.spans) == 1 else 's'}, "
        f"{verdict.affected_us / 1e6:.1f} of {cuts.facts.duration_us / 1e6:.1f} s.</p>",
        *(f"<p>{escape(line(reason))}</p>" for reason in verdict.reasons),
        _timeline(cuts),
        '<table><thead><tr><th class="n">From<th class="n">To<th>Tag<th>Action<th>Severity<th>By'
        '<th class="n">Probability<th class="n">Threshold<th class="n">Rule<th>Reviews'
        "</thead><tbody>",
        *map(_row, cuts.spans),
        "</tbody></table>",
        *(_figure(cuts, still) for still in cuts.stills),
        f"<p><small>{escape(line(_sources(cuts)))}</small></p>",
        "</body></html>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _timeline(cuts: CutList) -> str:
    """Draw the film as lanes, one for each thing that is to be done, and a line of times."""
    lanes: dict[tuple[str, str], list[Affected]] = {}
    for found in cuts.spans:
        lanes.setdefault((found.action.value, found.tag), []).append(found)
    drawn = [
        f"<span>{escape(line(' '.join(name)))}</span>"
        f'<svg role="img" aria-label="{escape(line(" ".join(name)))}">'
        f"{''.join(_bar(cuts, found) for found in spans)}</svg>"
        for name, spans in lanes.items()
    ]
    whole = cuts.film.length_us
    times = (f"<span>{_time(whole * n // TICKS)}</span>" for n in range(TICKS + 1))
    return f'<div class="lanes">{"".join(drawn)}<div class="axis">{"".join(times)}</div></div>'


def _bar(cuts: CutList, found: Affected) -> str:
    whole = cuts.film.length_us
    return (
        f'<rect x="{100 * found.span.start_us / whole:.4f}%" height="100%" '
        f'width="{100 * found.span.length_us / whole:.4f}%" '
        f'fill="{COLOURS[found.action.value]}"><title>{escape(line(_name(found)))}</title></rect>'
    )


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


def _figure(cuts: CutList, still: Still) -> str:
    """Show a picture, and what was found in its shot."""
    at_us = still.time_us
    peaks = (one for one in cuts.spans if _is_in(at_us, one.peak_shot) and _is_in(at_us, one.span))
    why = escape(line(said(peaks)))
    data = base64.b64encode(still.jpeg).decode()
    return (
        f'<figure><img alt="{why}" src="data:image/jpeg;base64,{data}">'
        f"<figcaption>{_time(at_us)}{'<br>' if why else ''}{why}</figcaption></figure>"
    )


def _is_in(time_us: int, span: Span) -> bool:
    return span.start_us <= time_us < span.end_us


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
