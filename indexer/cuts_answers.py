"""From the network's answers, frame by frame, to boundaries: pure arithmetic.

TransNetV2 answers twice for each frame: `middle`, that a transition's middle is here (of a cut, the
last frame of the old shot), and `part`, that the frame is part of a transition.
"""

from collections.abc import Iterator
from dataclasses import dataclass

# As in the paper.
THRESHOLD = 0.5
# A run of parts that begins this long before its middle is gradual; a cut's is two frames long.
GRADUAL_LEAD = 3
# A cut that the measure settled and the network saw as well is one cut.
SAME_CUT = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a frame in the end.

    `cut`: the measure settled that a shot begins here, after a fade if it was `mixed_from` before.
    `doubtful`: it could not settle that.
    """

    number: int
    middle: float = 0.0
    part: float = 0.0
    cut: bool = False
    mixed_from: int | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """A new shot is unmixed from frame `number` on, and mixed from `first` on if that is less."""

    first: int
    number: int


@dataclass(slots=True)
class Reader:
    """Reads answers in order; yields edges no later than with the answer for their own frame.

    A transition in which the film ends begins no shot: nothing unmixed follows.
    """

    _part_from: int | None = None
    _middle_from: int | None = None
    _waiting_from: int | None = None
    _cut: int = -SAME_CUT - 1

    def feed(self, answer: Answer) -> Iterator[Edge]:
        """Take the next frame's answer."""
        number = answer.number
        if answer.cut:
            yield from self._settled(answer)
            return
        middle, part = answer.middle >= THRESHOLD, answer.part >= THRESHOLD
        if self._middle_from is not None and not middle:
            yield from self._middle_ended(number)
        if middle and self._middle_from is None:
            # Two middles in one run of parts: the first ends where the second begins.
            yield from self._ended(number)
            self._middle_from = number
        if part and self._part_from is None:
            self._part_from = number
        if not (part or middle):
            yield from self._ended(number)
            self._part_from = None

    def _settled(self, answer: Answer) -> Iterator[Edge]:
        number, first = answer.number, answer.mixed_from
        if first is None:
            first = self._waiting_from
        self._cut = number
        self._part_from = self._middle_from = self._waiting_from = None
        yield Edge(number if first is None else first, number)

    def _middle_ended(self, number: int) -> Iterator[Edge]:
        begun, self._middle_from = self._middle_from, None
        part_from = self._part_from
        if begun is None or number - self._cut <= SAME_CUT:
            return
        if part_from is not None and begun - part_from >= GRADUAL_LEAD:
            self._waiting_from = part_from
        else:
            self._part_from = None
            yield Edge(number, number)

    def _ended(self, number: int) -> Iterator[Edge]:
        first, self._waiting_from = self._waiting_from, None
        if first is not None and first < number:
            self._part_from = None
            yield Edge(first, number)
