"""What every format is written from: a verdict, its film, and what was asked of the format.

Spans count from the film's first frame. Players count from the start of the container:
`on_player` adds the film's offset. A player's clock begins at 0, so that nothing is before it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from fractions import Fraction

from ...db.records import FilmFacts, Span
from ..moderation.policy import Action
from ..moderation.spans import union, without
from ..moderation.verdict import Affected, Verdict

PROGRAM = "filmdex"
# Far less than a frame, and as much as a player that counts in milliseconds can tell.
EARLY_US = 1_000


class Act(IntEnum):
    """What a player can do, the stronger the higher."""

    NOTHING = 0
    MARK = 1
    MUTE = 2
    CUT = 3


# A player has no blur: the picture that should not be seen is cut. What is to be reviewed is
# marked. A blocked film is cut whole.
ACTS = {
    Action.SKIP: Act.CUT,
    Action.BLOCK: Act.CUT,
    Action.BLUR: Act.CUT,
    Action.MUTE: Act.MUTE,
    Action.REVIEW: Act.MARK,
}


@dataclass(frozen=True, slots=True)
class Still:
    """A picture from the film, as JPEG."""

    time_us: int
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class CutList:
    """A verdict ready to be written.

    `path` is where the film lies, as the file system has it. `rate` is its frame rate if every
    frame is shown equally long, else None. `start_frame` is the source timecode of frame 0.
    """

    verdict: Verdict
    facts: FilmFacts
    path: bytes
    provider: str
    indexed_us: int
    made_us: int
    rate: Fraction | None
    start_frame: int = 0
    stills: tuple[Still, ...] = field(default=())

    @property
    def film(self) -> Span:
        """The whole film; one of no length cannot be written about."""
        return Span(0, max(1, self.facts.duration_us))

    @property
    def spans(self) -> tuple[Affected, ...]:
        """All spans, with their evidence, in order; they may overlap."""
        return self.verdict.spans

    def on_player(self, time_us: int) -> int:
        """Turn the film's time into that of a player."""
        return max(0, time_us + self.facts.container_offset_us)

    def before_frame(self, time_us: int) -> int:
        """Turn the time of a frame into one shortly before it on a player's clock.

        Whole microseconds, or milliseconds, may lie after the frame that they stand for: a player
        that cuts there would still show it.
        """
        return self.on_player(time_us - EARLY_US)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch in which one thing is to be done, for all these reasons; pieces do not overlap."""

    span: Span
    act: Act
    why: tuple[Affected, ...]


def pieces(cuts: CutList) -> tuple[Piece, ...]:
    """Lay the spans side by side: where they overlap, the strongest act holds.

    A blocked film is one piece.
    """
    blocking = tuple(found for found in cuts.spans if found.action is Action.BLOCK)
    if blocking:
        return (Piece(cuts.film, Act.CUT, blocking),)
    found: list[Piece] = []
    taken: list[Span] = []
    for act in sorted(Act, reverse=True):
        wanting = [one.span for one in cuts.spans if ACTS[one.action] is act]
        left = without(wanting, taken)
        found += [Piece(span, act, reasons(cuts, span)) for span in left]
        taken = union([*taken, *wanting])
    return tuple(sorted(found, key=lambda piece: piece.span))


def reasons(cuts: CutList, span: Span) -> tuple[Affected, ...]:
    """Return what is found in a stretch."""
    return tuple(
        found
        for found in cuts.spans
        if found.span.start_us < span.end_us and span.start_us < found.span.end_us
    )


def kept(cuts: CutList) -> list[Span]:
    """Return what is left of the film when all that is to be cut is cut."""
    cut = [piece.span for piece in pieces(cuts) if piece.act is Act.CUT]
    return without([cuts.film], cut)


def said(found: Iterable[Affected]) -> str:
    """Say in a few words what was found and why."""
    return ", ".join(f"{one.action.value} {one.tag} {_why(one)}" for one in dict.fromkeys(found))


def _why(one: Affected) -> str:
    if one.standing.value == "model":
        return f"{one.peak:.2f} (from {one.threshold:.2f}, rule {one.number})"
    return f"by {one.standing.value} (rule {one.number})"
