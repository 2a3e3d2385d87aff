"""The way of a film, from top to bottom: section 2 of docs/design.md.

probe -> cuts -> shots -> samples     in a decoding child         } viewing.py: on this machine,
      -> embedding -> probability     in sessions of the networks } or on others
      -> relevance -> database        here
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from ..db import jobs, models, runs
from ..db.errors import ClaimLostError, FilmChangedError, MediaError, StoreError
from ..db.jobs import Claim
from ..db.records import FilmFacts, ModelFacts, RunSettings, SeenShot, Shot, ShotState
from ..db.store import Store
from . import wire
from .building import Run, unseen_us
from .relevance import FilmTally, TagRule, shot_vector
from .stages import Stage, StageSeconds, Stopwatch
from .viewing import LookedAt, OpenFilm, OtherThanStored, Reached, View
from .worker import Limits


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
    film: OpenFilm,
    claim: Claim,
    plan: Plan,
    view: View,
    store: Store,
    now_us: Callable[[], int],
    tell: Callable[[Position], None],
    check: Callable[[], None],
) -> Outcome:
    """Index one open film and make the result its current run; return what it turned out to be.

    `view` says where it is decoded and looked at. If the file is another by the end than it was
    when it was recognised, the result is of neither.
    `check` is called often, and may raise to give up. Nothing of an attempt that fails is ever
    seen; what it stored, the next goes on from. Raises MediaError, LimitError, WorkerError,
    ClusterError, FilmChangedError, ClaimLostError, StoreError or OSError.
    """
    try:
        return _attempt(film, claim, plan, view, store, now_us, tell, check)
    except OtherThanStored:
        with store.writing(beside=True) as db:
            jobs.keep(db, claim, now_us(), further=False)
            runs.abandon_all(db, claim.film_id)
        return _attempt(film, claim, plan, view, store, now_us, tell, check)


def _attempt(
    film: OpenFilm,
    claim: Claim,
    plan: Plan,
    view: View,
    store: Store,
    now_us: Callable[[], int],
    tell: Callable[[Position], None],
    check: Callable[[], None],
) -> Outcome:
    watch = Stopwatch()
    with view(film, plan.orders, plan.limits, check, watch) as viewing:
        promised = viewing.probed()
        run, stored = _taken_up(claim, plan, promised, store, now_us)
        try:
            events = _watched(viewing.shots(stored), promised, tell, run)
            for one in seen_shots(events, run.tally, plan):
                with watch.on(Stage.STORING):
                    run.add(one)
            facts = viewing.facts
            _refuse_changed(film)
            with watch.on(Stage.STORING):
                run.finish(facts)
        except (MediaError, FilmChangedError):
            # If even this cannot be written, the unfinished run stays unseen, and goes next time.
            with suppress(StoreError), store.writing(beside=True) as db:
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


def _refuse_changed(film: OpenFilm) -> None:
    facts = os.fstat(film.fd)
    if (facts.st_size, facts.st_mtime_ns) != (film.seen.size, film.seen.mtime_ns):
        raise FilmChangedError("written to while it was indexed; index it again")


def _watched(
    events: Iterable[Reached | LookedAt],
    promised: FilmFacts,
    tell: Callable[[Position], None],
    run: Run,
) -> Iterator[LookedAt]:
    """Pass on the shots, and tell how far the film is."""
    for event in events:
        match event:
            case Reached(position_us, shots):
                tell(Position(position_us, promised.duration_us, shots))
                run.keep()
            case LookedAt():
                yield event


def seen_shots(looked_at: Iterable[LookedAt], tally: FilmTally, plan: Plan) -> Iterator[SeenShot]:
    """Put shots together in order, each with its samples' highest probabilities; add them up."""
    for one in looked_at:
        yield _seen_shot(one, tally, len(plan.model.tags))


def _seen_shot(one: LookedAt, tally: FilmTally, tags: int) -> SeenShot:
    cut, probabilities = one.cut, None
    if cut.state is not ShotState.NOT_LOOKED_AT:
        vectors = [look.probabilities for look in one.looks if look is not None]
        probabilities = shot_vector(vectors, tags)
        tally.add(cut.span.length_us, probabilities, vectors)
    shot = Shot(
        cut.span, cut.begins, cut.state, cut.samples, probabilities, transition=cut.transition
    )
    return SeenShot(shot, tuple(None if look is None else look.embedding for look in one.looks))
