"""A part of a film, as the decoding child is asked to look at it."""

from dataclasses import dataclass

from ..db.records import Span


@dataclass(frozen=True, slots=True)
class Stretch:
    """The frames of a film in `span`; its first frame of all is `container_offset_us` after zero.

    The offset is what an earlier run found out (FilmFacts): a stretch does not see that frame.
    """

    span: Span
    container_offset_us: int
