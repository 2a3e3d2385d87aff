"""For editing programs: a CMX 3600 list. Time is counted in frames from the film's first one.

The list has an event for each stretch in which one thing is to be done, with record time equal to
source time: on a timeline the events lie on the film where they are in it. Comments say what is to
be done, and why. SMPTE 258M describes the format; it holds 999 events.
"""

from fractions import Fraction

from ...db.errors import OutputError
from .cutlist import Act, CutList, pieces, said
from .text import line
from .timecode import Timecode, frames_of

MOST_EVENTS = 999
REEL = "FILMDEX"
CHANNELS = {Act.CUT: "B", Act.MUTE: "A", Act.MARK: "V"}


def rate_of(cuts: CutList) -> Fraction:
    """Return the film's frame rate. Raises OutputError if timecode cannot count its frames."""
    if cuts.rate is None:
        raise OutputError(
            f"{cuts.verdict.film.title}: its frame rate ({cuts.facts.frame_rate:.3f} on average) "
            "is variable or none that timecode counts; make a copy of constant rate, or use csv"
        )
    return cuts.rate


def write_cmx3600(cuts: CutList) -> bytes:
    """Write a CMX 3600 list. Raises OutputError for a variable rate, or over 999 events."""
    code = Timecode(rate_of(cuts))
    events = pieces(cuts)
    if len(events) > MOST_EVENTS:
        raise OutputError(
            f"{cuts.verdict.film.title}: {len(events)} events, and CMX 3600 holds {MOST_EVENTS}; "
            "use otio, or bridge longer gaps in the policy"
        )
    lines = [
        f"TITLE: {line(cuts.verdict.film.title)}",
        f"FCM: {'DROP FRAME' if code.drops else 'NON-DROP FRAME'}",
    ]
    for number, event in enumerate(events, 1):
        first, after = frames_of(event.span, code.rate)
        times = f"{code.write(first + cuts.start_frame)} {code.write(after + cuts.start_frame)}"
        lines += [
            f"{number:03}  {REEL:<8} {CHANNELS[event.act]:<5} C        {times} {times}",
            f"* FROM CLIP NAME: {line(cuts.verdict.film.title)}",
            f"* COMMENT: {line(said(event.why))}",
        ]
    return ("\r\n".join(lines) + "\r\n").encode()
