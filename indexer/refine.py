"""Exact boundaries for a stretch of a film that is indexed by its keyframes.

span -> the shots that it touches -> those decoded whole, cut and looked at -> in their place, in
one transaction. Where the stretch ends, the boundaries stay brackets: nothing beyond was decoded.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from ..db import films, jobs, refining, runs
from ..db.errors import FilmChangedError, StoreError
from ..db.records import Film, Indexed, Precision, Shot, ShotState, Span, show_path
from ..db.store import Store
from .batching import Batcher
from .elsewhere import why_not_here
from .library import location_of
from .owner import lives, this_process
from .pipeline import Plan, seen_shots
from .relevance import FilmTally
from .stages import Stopwatch
from .stretch import Stretch
from .viewing import looked_at
from .worker import At, CutShot, SeenSample, Worker


@dataclass(frozen=True, slots=True)
class Refined:
    """What came of it: the time that was decoded, and how many shots there are now for how many."""

    span: Span
    shots_before: int
    shots: int


@dataclass(frozen=True, slots=True)
class Part:
    """Shots `[first, end)` of a run, and the time in which each frame is surely theirs."""

    first: int
    end: int
    decoded: Span


def part_of(shots: Sequence[Shot], span: Span) -> Part:
    """Return what must be decoded to know every boundary in `span`: all shots that may touch it.

    `shots` are a whole film's. The part's own ends are boundaries outside of `span`.
    """
    ends_us = [*(shot.begins.hi_us for shot in shots[1:]), shots[-1].span.end_us]
    touching = [
        number
        for number, (shot, ends) in enumerate(zip(shots, ends_us, strict=True))
        if shot.begins.lo_us <= span.end_us and span.start_us <= ends
    ]
    if not touching:
        raise StoreError(f"there is no film at {span}; it ends at {shots[-1].span.end_us} us")
    first, end = touching[0], touching[-1] + 1
    stop_us = shots[end].begins.lo_us if end < len(shots) else shots[-1].span.end_us
    return Part(first, end, Span(shots[first].begins.hi_us, stop_us))


def refine_film(
    film: Film,
    span: Span | None,
    plan: Plan,
    batcher: Batcher,
    store: Store,
    now_us: Callable[[], int],
    check: Callable[[], None],
) -> Refined | None:
    """Make each boundary in `span` exact, or in the whole film; None if its run is exact already.

    `check` is called often, and may raise to give up: then nothing has changed. Raises StoreError
    if the film is not indexed by this model, or is being indexed; FilmChangedError if its file is
    another by now; and what decoding raises.
    """
    if runs.of_film(film).model_digest != plan.model.digest:
        raise StoreError(f"{film.title} was indexed with another model; index it again")
    with store.writing(beside=True) as db:
        claim = jobs.claim(db, film.id, this_process(), lives, now_us())
    if claim is None:
        raise StoreError(f"{film.title} is being indexed; try again when that is done")
    try:
        return _refine_claimed(film, span, plan, batcher, store, check)
    finally:
        # Its run is whole, whatever became of this. A claim that cannot be written dies with us.
        with suppress(StoreError), store.writing(beside=True) as db:
            jobs.end_indexed(db, claim, now_us())


def _refine_claimed(
    film: Film,
    span: Span | None,
    plan: Plan,
    batcher: Batcher,
    store: Store,
    check: Callable[[], None],
) -> Refined | None:
    with store.reading() as db:
        run = runs.current(db, film.id)
        if run is None:
            raise StoreError(f"{film.title} is not indexed yet")
        shots = list(runs.shots(db, run.run_id))
    if run.settings.precision is Precision.EXACT:
        return None
    part = part_of(shots, span or Span(0, run.facts.duration_us))
    fd = _open(film, store)
    try:
        by = _looked_closer(fd, run, shots, part, plan, batcher, check)
    finally:
        os.close(fd)
    with store.writing(beside=True) as db:
        refining.replace(db, run.run_id, by, plan.model)
    return Refined(part.decoded, part.end - part.first, len(by.shots))


def _open(film: Film, store: Store) -> int:
    """Open the film where it still is what was indexed."""
    for path in film.paths:
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue
        with store.reading() as db:
            known = films.known_at(db, location_of(fd, os.fsdecode(path)))
        if known == film.id:
            return fd
        os.close(fd)
    for path in film.paths:
        if elsewhere := why_not_here(path, store.roots):
            raise StoreError(f"{film.title}: {elsewhere}")
    places = ", ".join(map(show_path, film.paths))
    raise FilmChangedError(f"{film.title} is not what was indexed at {places}; index it again")


def _looked_closer(
    fd: int,
    run: Indexed,
    shots: Sequence[Shot],
    part: Part,
    plan: Plan,
    batcher: Batcher,
    check: Callable[[], None],
) -> refining.Replacement:
    """Decode a part exactly, look at its shots, and add the film up anew."""
    old = shots[part.first : part.end]
    stretch = Stretch(part.decoded, run.facts.container_offset_us)
    orders = replace(plan.orders, precision=Precision.EXACT, stretch=stretch)
    tally = _tally(plan, [*shots[: part.first], *shots[part.end :]])
    with Worker(fd, orders, plan.limits, check) as worker:
        worker.probed()
        found = _between(worker.events(), old[0], old[-1].span.end_us)
        new = list(seen_shots(looked_at(found, batcher, Stopwatch()), tally, plan))
        network_frames = worker.facts.network_frames
    tags = tally.film_tags(run.facts.duration_us)
    return refining.Replacement(part.first, part.end, tuple(new), tags, network_frames)


def _between(
    events: Iterator[SeenSample | CutShot | At], first: Shot, end_us: int
) -> Iterator[SeenSample | CutShot]:
    """Let the first shot begin, and the last end, where the film's shots did."""
    held: list[SeenSample] = []
    last: CutShot | None = None
    for event in events:
        match event:
            case SeenSample():
                held.append(event)
            case CutShot():
                if last is not None:
                    yield last
                yield from held
                held.clear()
                last = event if last is not None else _beginning_as(first, event)
            case At():
                pass
    if last is not None:
        yield replace(last, span=Span(last.span.start_us, end_us))


def _beginning_as(first: Shot, found: CutShot) -> CutShot:
    span = Span(first.span.start_us, found.span.end_us)
    return replace(found, span=span, begins=first.begins, transition=first.transition)


def _tally(plan: Plan, shots: Sequence[Shot]) -> FilmTally:
    """Add up shots as they are stored: each of their samples counts as the best of them."""
    tally = FilmTally(plan.rules)
    for shot in shots:
        if shot.probabilities is not None:
            looks = sum(sample.state is not ShotState.BLANK for sample in shot.samples)
            tally.add(shot.span.length_us, shot.probabilities, [shot.probabilities] * looks)
    return tally
