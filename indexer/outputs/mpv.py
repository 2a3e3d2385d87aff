"""mpv's EDL: what is left of the film, as segments.

https://github.com/mpv-player/mpv/blob/master/DOCS/edl-mpv.rst. mpv can leave out, and nothing else:
what is to be muted or reviewed stays as it is, and the heading says how much of it there is. A name
is written with its length in bytes, so that it may hold anything.
"""

from ...db.errors import OutputError
from .cutlist import Act, CutList, kept, pieces
from .text import line, seconds


def write(cuts: CutList) -> bytes:
    """Write an mpv EDL. Raises OutputError if nothing is left of the film."""
    left = kept(cuts)
    if not left:
        raise OutputError(f"{cuts.verdict.film.title}: nothing is left of it for mpv to play")
    muted = sum(piece.act in (Act.MUTE, Act.MARK) for piece in pieces(cuts))
    name = b"%%%d%%%s" % (len(cuts.path), cuts.path)
    verdict = f"# {line(cuts.verdict.policy.name)}: {cuts.verdict.outcome.value}".encode()
    lines = [b"# mpv EDL v0", verdict, b"# left as they are (mute, review): %d" % muted]
    for span in left:
        start_us, end_us = cuts.before_frame(span.start_us), cuts.before_frame(span.end_us)
        if span.end_us == cuts.film.end_us:
            end_us = cuts.on_player(span.end_us)
        times = f"{seconds(start_us)},{seconds(end_us - start_us)}"
        lines.append(name + b"," + times.encode())
    return b"\n".join(lines) + b"\n"
