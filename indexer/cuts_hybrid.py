"""Cuts by a cheap measure of every frame, and by TransNetV2 where that is in doubt, or everywhere.

measure -> verdict -> windows -> answers -> boundaries, each a module of its own; here they are put
together so that a film runs through once, in bounded memory.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from ..db.records import Transition
from .cuts_answers import SAME_CUT, Answer, Edge, Reader
from .cuts_doubt import Rules, Settler, Verdict
from .cuts_fades import Fades
from .cuts_found import Found
from .cuts_kinds import kind_of
from .cuts_measure import Measured, measured
from .cuts_network import HEIGHT, WIDTH, Network
from .cuts_view import View
from .cuts_windows import WHOLE, Planner, Shape, Window
from .pixels_type import Pixels

# Windows around doubtful places: measured, 40 frames say what 100 do, at two fifths of the cost.
DOUBTS = Shape(core=24, margin=14, spread=2, join=4)
# A transition that takes longer is not seen whole: five seconds at 25 frames a second.
LONGEST_TRANSITION = 128
# Reads two lines of the frame for each of the thumbnail. To the network it is as good as an average
# over areas, which costs five times as much at 720 lines.
VIEW = View(lambda _width, _height: (WIDTH, HEIGHT), "rgb24", "FAST_BILINEAR")


@dataclass(slots=True)
class Remembered:
    """The film's last frames by number; those before the first and after the last are like them."""

    kept: deque[Measured] = field(default_factory=deque)

    def add(self, frame: Measured, *, keep_from: int) -> None:
        """Take the next frame, and forget those before `keep_from`."""
        self.kept.append(frame)
        while self.kept[0].number < keep_from:
            self.kept.popleft()

    def at(self, number: int) -> Measured:
        """Return a frame, or the nearest that is kept."""
        first = self.kept[0].number
        return self.kept[min(max(number - first, 0), len(self.kept) - 1)]

    def thumbnails(self, first: int, end: int) -> list[Pixels]:
        """Return the thumbnails of frames `[first, end)`."""
        return [self.at(number).thumbnail for number in range(first, end)]


@dataclass(slots=True)
class NetworkFinder:
    """Finds cuts and gradual transitions; `shown` counts frames that the network saw, each once."""

    network: Callable[[], Network]
    shape: Shape
    settler: Settler | None
    fades: Fades | None
    shown: int = 0
    _frames: Remembered = field(default_factory=Remembered)
    _before: Measured | None = None
    _planner: Planner = field(init=False)
    _reader: Reader = field(default_factory=Reader)
    _waiting: deque[Window] = field(default_factory=deque)
    _answers: deque[Answer] = field(default_factory=deque)
    _faded: deque[Edge] = field(default_factory=deque)
    _seen: int = 0
    _shown_to: int = 0

    def __post_init__(self) -> None:
        self._planner = Planner(self.shape)

    @property
    def view(self) -> View:
        """What the network was trained on; the measure is content with the same."""
        return VIEW

    @property
    def lag(self) -> int:
        """How many frames after a shot's first one it may be found."""
        return (self.settler.lag if self.settler else 0) + self.shape.lag + 1

    def feed(self, number: int, time_us: int, thumbnail: Pixels) -> list[Found]:
        """Show the next frame, `(HEIGHT, WIDTH, 3) uint8` RGB; return what was found by now."""
        frame = measured(number, time_us, thumbnail, self._before)
        self._before = frame
        self._frames.add(frame, keep_from=number - self.lag - LONGEST_TRANSITION)
        self._seen = number + 1
        if self.fades is not None:
            self._faded.extend(self.fades.feed(frame))
        verdicts = [(frame, Verdict.DOUBTFUL)]
        if self.settler is not None:
            verdicts = list(self.settler.feed(frame))
        return list(self._go_on(verdicts, ended=False))

    def rest(self) -> list[Found]:
        """Return what is found when the film has ended."""
        verdicts = list(self.settler.rest()) if self.settler is not None else []
        return list(self._go_on(verdicts, ended=True))

    def _go_on(
        self, verdicts: Iterable[tuple[Measured, Verdict]], *, ended: bool
    ) -> Iterator[Found]:
        for frame, verdict in verdicts:
            cut, doubtful = verdict is Verdict.CUT, verdict is Verdict.DOUBTFUL
            self._answers.append(Answer(frame.number, cut=cut, doubtful=doubtful))
            asks = doubtful or verdict is Verdict.SLOW
            self._waiting.extend(self._planner.feed(frame.number, doubtful=asks))
        if ended:
            self._waiting.extend(self._planner.rest(self._seen))
        for answer in self._known(ended=ended):
            yield from map(self._found, self._reader.feed(answer))

    def _known(self, *, ended: bool) -> Iterator[Answer]:
        """Yield the answers that nothing can change any more: as late as they may be.

        Only then is the network asked, so that it need not look at what turned out to be a fade.
        """
        while self._answers and (ended or self._answers[0].number + self.lag < self._seen):
            number = self._answers[0].number
            while self._faded and self._faded[0].number < number - SAME_CUT - self._fade_seen_from:
                self._faded.popleft()
            while self._waiting and self._waiting[0].core_first <= number:
                self._look(self._waiting.popleft())
            yield self._with_fades(self._answers.popleft())

    @property
    def _fade_seen_from(self) -> int:
        """How many frames before and after a fade look slow because of it."""
        return self.settler.rules.reach if self.settler else 0

    def _fade_at(self, number: int, beside: int = 0) -> Edge | None:
        """Return the fade in which a frame is, or that ends or begins within so many frames."""
        near = (
            f for f in self._faded if f.first - beside <= number <= f.number + SAME_CUT + beside
        )
        return next(near, None)

    def _is_explained(self, answer: Answer) -> bool:
        """Whether all that is in doubt about a frame is a fade that was found meanwhile."""
        beside = 0 if answer.doubtful else self._fade_seen_from
        return self._fade_at(answer.number, beside) is not None

    def _with_fades(self, answer: Answer) -> Answer:
        """Let a fade be one boundary, at its end, whatever else was seen while it lasted."""
        number = answer.number
        fade = self._fade_at(number)
        if fade is None:
            return answer
        if number == fade.number:
            return Answer(number, cut=True, mixed_from=fade.first)
        return Answer(number)

    def _look(self, planned: Window) -> None:
        """Show a window to the network, if anything in it is open still, and note its answers."""
        first = self._answers[0].number
        core = itertools.islice(self._answers, planned.core_first - first, planned.core_end - first)
        still = [answer.number for answer in core if not self._is_explained(answer)]
        if not still:
            return
        spread = self.shape.spread
        window = planned.narrowed(still[0] - spread, still[-1] + 1 + spread)
        thumbnails = self._frames.thumbnails(window.first, window.end)
        given = self.network()(thumbnails)
        if given.shape != (len(thumbnails), 2) or not np.isfinite(given).all():
            raise ValueError(f"expected ({len(thumbnails)}, 2) probabilities, got {given.shape}")
        seen_to = min(window.end, self._seen)
        self.shown += seen_to - max(window.first, self._shown_to)
        self._shown_to = seen_to
        for number in range(window.core_first, window.core_end):
            middle, part = map(float, given[number - window.first])
            before = self._answers[number - first]
            self._answers[number - first] = replace(before, middle=middle, part=part)

    def _found(self, edge: Edge) -> Found:
        if edge.first >= edge.number:
            return Found(edge.number)
        first, last = self._frames.at(edge.first), self._frames.at(edge.number)
        if first.time_us >= last.time_us:
            return Found(edge.number)
        kind = kind_of(self._frames.thumbnails(edge.first - 1, edge.number + 1))
        return Found(edge.number, Transition(kind, first.time_us, last.time_us))


def hybrid(network: Callable[[], Network], rules: Rules | None = None) -> NetworkFinder:
    """Let the measure decide, and the network where the measure is in doubt."""
    return NetworkFinder(network, DOUBTS, Settler(rules or Rules()), Fades(LONGEST_TRANSITION))


def everywhere(network: Callable[[], Network]) -> NetworkFinder:
    """Let the network decide of every frame, in windows as in its paper."""
    return NetworkFinder(network, WHOLE, None, None)
