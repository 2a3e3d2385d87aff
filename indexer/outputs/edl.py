"""EDL for Kodi and MPlayer: start, end in seconds, and an action.

https://kodi.wiki/view/Edit_decision_list: 0 cut, 1 mute, 2 scene marker (one moment: where a span
begins). There is no blur, so that what is to be blurred is cut, and each comment says what was
asked for. Kodi takes lines that begin with # as frame numbers unless they begin with ##.
"""

from .cutlist import Act, CutList, pieces, said
from .text import line, seconds

CODES = {Act.CUT: 0, Act.MUTE: 1, Act.MARK: 2}


def write(cuts: CutList) -> bytes:
    """Write an EDL."""
    verdict = cuts.verdict
    lines = [
        f"## {line(verdict.film.title)}",
        f"## {line(verdict.policy.name)}: {verdict.outcome.value}",
        f"## policy {verdict.policy.digest}",
        "## 0 cut (also for blur and block), 1 mute, 2 marker (for review)",
    ]
    for piece in pieces(cuts):
        start_us = cuts.before_frame(piece.span.start_us)
        end_us = start_us if piece.act is Act.MARK else cuts.before_frame(piece.span.end_us)
        lines.append(f"## {line(said(piece.why))}")
        lines.append(f"{seconds(start_us)}\t{seconds(end_us)}\t{CODES[piece.act]}")
    return ("\n".join(lines) + "\n").encode()
