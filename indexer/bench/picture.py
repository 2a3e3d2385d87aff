"""The ratios as bars in an SVG, drawn by hand: a picture needs no library."""

from collections.abc import Sequence
from html import escape

from .rounds import Row

LABEL, BAR, NUMBER = 190, 520, 90
LINE, GAP, TOP = 18, 26, 44
WIDTH = LABEL + BAR + NUMBER
COLOURS = {
    "bare": "#8a8f98",
    "scene-filter": "#b8864b",
    "detect-adaptive": "#b8864b",
    "transnet": "#b8864b",
}
OURS = "#2f6f9f"
STYLE = "text{font:12px sans-serif;fill:#222}.film{font-weight:bold}.title{font-size:14px}"


def svg(rows: Sequence[Row]) -> str:
    """Draw processor time beside bare decoding, film by film; a thin line is the rounds' spread."""
    longest = max(row.to_bare.most for row in rows)
    parts, y = [], TOP
    for film in dict.fromkeys(row.film for row in rows):
        parts.append(f'<text class="film" x="8" y="{y}">{escape(film)}</text>')
        y += GAP - LINE // 2
        for row in (row for row in rows if row.film == film):
            parts += _bar(row, y, BAR / longest)
            y += LINE
        y += GAP
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}">',
            f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>',
            '<text class="title" x="8" y="20">Processor time beside bare decoding (1.0)</text>',
            *parts,
            "</svg>\n",
        ]
    )


def _bar(row: Row, y: int, scale: float) -> list[str]:
    ratio, middle = row.to_bare, y - 4
    length = max(1.0, ratio.middle * scale)
    colour = COLOURS.get(row.contender, OURS)
    left, right = LABEL + ratio.least * scale, LABEL + ratio.most * scale
    return [
        f'<text x="{LABEL - 8}" y="{y}" text-anchor="end">{escape(row.contender)}</text>',
        f'<rect x="{LABEL}" y="{y - 11}" width="{length:.1f}" height="13" fill="{colour}"/>',
        f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{middle}" y2="{middle}" stroke="#222"/>',
        f'<text x="{max(right, LABEL + length) + 6:.1f}" y="{y}">{ratio.middle:.3f}</text>',
    ]
