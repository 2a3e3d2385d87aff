"""Making exact what is about to be cut: the brackets that a verdict's spans rest on.

A keyframe run knows most boundaries as brackets. What is written for players and editors should
not rest on them: just the stretches around them are decoded, and the film is judged again, until
no span rests on a bracket. The verdict stays provisional: between keyframes elsewhere in the film
nobody has looked.
"""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from ..db import films
from ..db.errors import WorkerError
from ..db.records import Precision, Span
from ..db.store import Store
from . import bundle, planning
from .batching import Batcher, Crew
from .judging import Examined, Judge
from .moderation.vague import vague_brackets
from .network import open_network
from .pipeline import Plan
from .refine import refine_film
from .settings import Settings


@dataclass(frozen=True, slots=True)
class Sharpened:
    """A film judged, and how many stretches of it had to be decoded for that."""

    examined: Examined
    stretches: int


@dataclass(slots=True)
class Sharpener:
    """Judges films, from any thread; opens the network once, when the first of them needs it."""

    store: Store
    settings: Settings
    judge: Judge
    now_us: Callable[[], int]
    _opened: tuple[Plan, Batcher] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _held: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.close()

    def examine(self, film_id: int) -> Examined:
        """Judge a film as the library has it now."""
        with self.store.reading() as db:
            return self.judge.examine(db, films.read(db, film_id))

    def sharpen(self, examined: Examined) -> Sharpened:
        """Make each bracket exact that a span rests on, and judge again.

        Raises what `refine_film` does, and ModelError; what was made exact until then stays so.
        """
        stretches: list[Span] = []
        while stretch := vague_stretch(examined):
            if stretch in stretches:
                raise WorkerError(f"{stretch} was decoded and is a bracket still; report this")
            stretches.append(stretch)
            plan, batcher = self._open()
            film, now_us = examined.film, self.now_us
            refine_film(film, stretch, plan, batcher, self.store, now_us, lambda: None)
            examined = self.examine(film.id)
        return Sharpened(examined, len(stretches))

    def _open(self) -> tuple[Plan, Batcher]:
        with self._lock:
            if self._opened is None:
                chosen = bundle.load(bundle.locate(self.settings.model.bundle))
                network = open_network(chosen, self.settings.model)
                plan = planning.plan(network, self.settings, Precision.EXACT)
                batcher = Crew(1, self.settings.model.threads).batcher(network)
                self._opened = plan, self._held.enter_context(batcher)
            return self._opened


def vague_stretch(examined: Examined) -> Span | None:
    """Return the first bracket that a span rests on; None if there is none."""
    basis = examined.verdict.basis
    if basis is None or basis.precision is Precision.EXACT:
        return None
    return next(iter(vague_brackets(examined.verdict, examined.shots)), None)
