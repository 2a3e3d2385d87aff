"""The way of a film, from top to bottom: section 2 of docs/design.md.

probe -> cuts -> shots -> samples                           in the decoding child
      -> embedding -> probability -> relevance -> database  here
"""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from ..db import jobs, models, runs
from ..db.errors import ClaimLostError, FilmChangedError, MediaError, StoreError
from ..db.jobs import Claim
from ..db.records import FilmFacts, Location, ModelFacts, RunSettings, SeenShot, Shot, ShotState
from ..db.store import Store
from . import wire
from .batching import Batcher
from .building import OtherThanStored, Run, after_stored, unseen_us
from .network import Looked
from .relevance import FilmTally, TagRule, shot_vector
from .stages import Stage, StageSeconds, Stopwatch
from .worker import At, CutShot, Limits, SeenSample, Worker

# Shots whose pictures may be with the network at once: bounds memory, and keeps batches full.
IN_FLIGHT = 16


@dataclass(frozen=True, slots=True)
class Plan:
    """How films are indexed: everything that is the same for each of them."""

    settings: RunSettings
    orders: wire.Orders
    limits: Limits
    model: ModelFacts
    rules: tuple[TagRule, ...]
    provider: str
    program_version: str


@dataclass(frozen=True, slots=True)
class Position:
    """How far a film is; `duration_us` is its header's promise, 0 if it made none."""

    position_us: int
    duration_us: int
    shots: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a film turned out to be; `unseen_us` is the time of shots that were not looked at.

    `waited` is what its thread waited for in this attempt.
    """

    facts: FilmFacts
    shots: int
    unseen_us: int
    waited: StageSeconds


def index_film(
    film_fd: int,
    seen: Location,
    claim: Claim,
    plan: Plan,
    batcher: Batcher,
    store: Store,
    now_us: Callable[[], int],
    tell: Callable[[Position], None],
    check: Callable[[], None],
) -> Outcome:
    """Index one open film and make the result its current run; return what it turned out to be.

    `seen` is what was known of the file when it was recognised: if it is another by the end, the
    result is of neither.
    `check` is called often, and may raise to give up. Nothing of an attempt that fails is ever
    seen; what it stored, the next goes on from. Raises MediaError, LimitError, WorkerError,
    FilmChangedError, ClaimLostError, StoreError or OSError.
    """
    try:
        return _attempt(film_fd, seen, claim, plan, batcher, store, now_us, tell, check)
    except OtherThanStored:
        with store.writing() as db:
            jobs.keep(db, claim, now_us(), further=False)
            runs.abandon_all(db, claim.film_id)
        return _attempt(film_fd, seen, claim, plan, batcher, store, now_us, tell, check)


def _attempt(
    film_fd: int,
    seen: Location,
    claim: Claim,
    plan: Plan,
    batcher: Batcher,
    store: Store,
    now_us: Callable[[], int],
    tell: Callable[[Position], None],
    check: Callable[[], None],
) -> Outcome:
    watch = Stopwatch()
    with Worker(film_fd, plan.orders, plan.limits, check) as worker:
        with watch.on(Stage.DECODER):
            promised = worker.probed()
        run, stored = _taken_up(claim, plan, promised, store, now_us)
        try:
            events = after_stored(_watched(worker, promised, tell, run, watch), stored)
            for one in seen_shots(events, batcher, run.tally, plan, watch):
                with watch.on(Stage.STORING):
                    run.add(one)
            facts = worker.facts
            _refuse_changed(film_fd, seen)
            with watch.on(Stage.STORING):
                run.finish(facts)
        except (MediaError, FilmChangedError):
            # If even this cannot be written, the unfinished run stays unseen, and goes next time.
            with suppress(StoreError), store.writing() as db:
                runs.abandon(db, run.run_id)
            raise
        except (OtherThanStored, StoreError, ClaimLostError):
            raise
        except BaseException:
            # Interrupted, or the child died: what is finished so far need not be done again.
            with suppress(StoreError, ClaimLostError):
                run.commit()
            raise
    return Outcome(facts, run.done, run.unseen_us, watch.seconds)


def _taken_up(
    claim: Claim, plan: Plan, promised: FilmFacts, store: Store, now_us: Callable[[], int]
) -> tuple[Run, tuple[Shot, ...]]:
    """Begin a run, or go on with one that was left unfinished; return also its stored shots."""
    with store.writing() as db:
        jobs.keep(db, claim, now_us(), further=False)
        model_id = models.register(db, plan.model)
        maker = (claim.film_id, model_id, plan.settings, plan.provider, plan.program_version)
        left = runs.unfinished(db, *maker, promised)
        if left is None or left.tally is None:
            run_id = runs.begin(db, *maker, promised, now_us())
            return Run(run_id, claim, FilmTally(plan.rules), store, now_us), ()
    tally = FilmTally.loads(plan.rules, left.tally)
    run = Run(left.run_id, claim, tally, store, now_us)
    run.done, run.unseen_us = len(left.shots), unseen_us(left.shots)
    return run, left.shots


def _refuse_changed(fd: int, seen: Location) -> None:
    facts = os.fstat(fd)
    if (facts.st_size, facts.st_mtime_ns) != (seen.size, seen.mtime_ns):
        raise FilmChangedError("written to while it was indexed; index it again")


def _watched(
    worker: Worker,
    promised: FilmFacts,
    tell: Callable[[Position], None],
    run: Run,
    watch: Stopwatch,
) -> Iterator[SeenSample | CutShot]:
    """Pass on what the child finds, and tell how far it is."""
    shots = 0
    for event in watch.each(Stage.DECODER, worker.events()):
        if isinstance(event, At):
            tell(Position(event.position_us, promised.duration_us, shots))
            run.keep()
            continue
        shots += isinstance(event, CutShot)
        yield event


def seen_shots(
    events: Iterator[SeenSample | CutShot],
    batcher: Batcher,
    tally: FilmTally,
    plan: Plan,
    watch: Stopwatch,
) -> Iterator[SeenShot]:
    """Look at each shot and add it up; yield finished shots in order."""
    for cut, looks in _looked_at(events, batcher, watch):
        yield _seen_shot(cut, looks, tally, len(plan.model.tags))


def _looked_at(
    events: Iterator[SeenSample | CutShot], batcher: Batcher, watch: Stopwatch
) -> Iterator[tuple[CutShot, list[Looked | None]]]:
    """Send samples to the network as they come; yield each shot when all its answers are there.

    A blank sample has nothing to look at and no answer.
    """
    waiting: deque[tuple[CutShot, list[Future[Looked] | None]]] = deque()
    running: list[Future[Looked] | None] = []
    for event in events:
        match event:
            case SeenSample(_, picture):
                with watch.on(Stage.NETWORK):
                    running.append(None if picture is None else batcher.submit(picture))
            case CutShot():
                waiting.append((event, running))
                running = []
                if len(waiting) > IN_FLIGHT:
                    yield _answered(*waiting.popleft(), watch)
    while waiting:
        yield _answered(*waiting.popleft(), watch)


def _answered(
    cut: CutShot, looks: list["Future[Looked] | None"], watch: Stopwatch
) -> tuple[CutShot, list[Looked | None]]:
    with watch.on(Stage.NETWORK):
        return cut, [None if look is None else look.result() for look in looks]


def _seen_shot(cut: CutShot, looks: list[Looked | None], tally: FilmTally, tags: int) -> SeenShot:
    """Put a shot together, for each tag the highest probability of its samples, and add it up."""
    probabilities = None
    if cut.state is not ShotState.NOT_LOOKED_AT:
        vectors = [look.probabilities for look in looks if look is not None]
        probabilities = shot_vector(vectors, tags)
        tally.add(cut.span.length_us, probabilities, vectors)
    shot = Shot(
        cut.span, cut.begins, cut.state, cut.samples, probabilities, transition=cut.transition
    )
    return SeenShot(shot, tuple(None if look is None else look.embedding for look in looks))
