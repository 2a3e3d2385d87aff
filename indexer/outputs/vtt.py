"""WebVTT (https://www.w3.org/TR/webvtt1/): a metadata track, and a track of chapters."""

import json

from ..moderation.documents import span_row
from .cutlist import CutList, pieces, said
from .text import clock_ms, line


def write_metadata(cuts: CutList) -> bytes:
    """Write a cue a span, whose text is its evidence as JSON: for `kind=metadata`."""
    blocks = [_heading(cuts)]
    for number, found in enumerate(cuts.spans, 1):
        text = json.dumps(span_row(found), ensure_ascii=True)
        # A cue's text must not hold the arrow of a timing; JSON can write it otherwise.
        times = _times(cuts, found.span.start_us, found.span.end_us)
        blocks.append(f"{number}\n{times}\n{text.replace('-->', '--' + chr(92) + 'u003e')}")
    return ("\n\n".join(blocks) + "\n").encode()


def write_chapters(cuts: CutList) -> bytes:
    """Write a cue for each stretch in which one thing is to be done: for `kind=chapters`."""
    blocks = [_heading(cuts)]
    for number, piece in enumerate(pieces(cuts), 1):
        times = _times(cuts, piece.span.start_us, piece.span.end_us)
        blocks.append(f"{number}\n{times}\n{_text(said(piece.why))}")
    return ("\n\n".join(blocks) + "\n").encode()


def _heading(cuts: CutList) -> str:
    verdict = cuts.verdict
    note = line(f"{verdict.film.title}: {verdict.policy.name}, {verdict.outcome.value}")
    return f"WEBVTT\n\nNOTE {note.replace('-->', '->')}"


def _times(cuts: CutList, start_us: int, end_us: int) -> str:
    start, end = cuts.on_player(start_us), cuts.on_player(end_us)
    return f"{clock_ms(start)} --> {clock_ms(end, late=True)}"


def _text(text: str) -> str:
    return line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
