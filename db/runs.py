"""Index runs: begun, filled stretch by stretch, and switched to in one transaction.

A run that is being built is invisible: a film's `current_run_id` moves only in `finish`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from . import embeddings, models, shelving
from .errors import ClaimLostError, NotIndexedError
from .records import (
    Failed,
    Film,
    FilmFacts,
    FilmTag,
    Indexed,
    ModelFacts,
    Precision,
    RunSettings,
    SeenShot,
    Shot,
)
from .shots import drop_shots, insert_shots
from .shots import shots as shots
from .tables import film, film_tag, index_run, model, shot, tag


@dataclass(frozen=True, slots=True)
class Building:
    """A run under construction: what is stored of it, and what that was added up to."""

    run_id: int
    shots: tuple[Shot, ...] = ()
    tally: str | None = None


def begin(
    connection: sa.Connection,
    film_id: int,
    model_id: int,
    settings: RunSettings,
    provider: str,
    program_version: str,
    facts: FilmFacts,
    now_us: int,
) -> int:
    """Begin a run in place of any unfinished one of this film; return its id."""
    abandon_all(connection, film_id)
    run_id: int = connection.execute(
        sa.insert(index_run)
        .values(
            state="building",
            started_us=now_us,
            shots=0,
            **_maker_columns(film_id, model_id, settings, provider, program_version, facts),
        )
        .returning(index_run.c.id)
    ).scalar_one()
    return run_id


def unfinished(
    connection: sa.Connection,
    film_id: int,
    model_id: int,
    settings: RunSettings,
    provider: str,
    program_version: str,
    facts: FilmFacts,
) -> Building | None:
    """Return the film's unfinished run if it was begun in exactly this way and got anywhere."""
    columns = _maker_columns(film_id, model_id, settings, provider, program_version, facts)
    row = connection.execute(
        sa.select(index_run.c.id, index_run.c.tally).where(
            index_run.c.state == "building",
            index_run.c.tally.is_not(None),
            *(index_run.c[name] == value for name, value in columns.items()),
        )
    ).one_or_none()
    return row and Building(row.id, tuple(shots(connection, row.id)), row.tally)


def _maker_columns(
    film_id: int,
    model_id: int,
    settings: RunSettings,
    provider: str,
    program_version: str,
    facts: FilmFacts,
) -> dict[str, object]:
    """Return what is the same in two runs that must come to the same numbers."""
    return {
        "film_id": film_id,
        "model_id": model_id,
        "precision": settings.precision,
        "settings": json.dumps(dict(settings.values)),
        "provider": provider,
        "program_version": program_version,
        **_fact_columns(facts),
    }


def note_tally(connection: sa.Connection, run_id: int, tally: str) -> None:
    """Keep what a run's stored shots add up to, so that another process can go on from there.

    Raises ClaimLostError if the run is not being built.
    """
    noted = connection.execute(
        sa.update(index_run)
        .where(index_run.c.id == run_id, index_run.c.state == "building")
        .values(tally=tally)
    )
    if not noted.rowcount:
        raise ClaimLostError(f"run {run_id} was replaced by another process meanwhile")


def append(connection: sa.Connection, run_id: int, first: int, shots: Sequence[SeenShot]) -> None:
    """Add a stretch of shots, the first of which is the run's shot number `first` (from 0).

    Raises ClaimLostError if the run is not being built, and ValueError if a shot has another number
    of probabilities than the run's model has tags.
    """
    model_id: int | None = connection.scalar(
        sa.select(index_run.c.model_id).where(
            index_run.c.id == run_id, index_run.c.state == "building"
        )
    )
    if model_id is None:
        raise ClaimLostError(f"run {run_id} was replaced by another process meanwhile")
    insert_shots(connection, run_id, first, shots, len(models.tag_ids(connection, model_id)))


def finish(
    connection: sa.Connection,
    run_id: int,
    facts: FilmFacts,
    tags: Iterable[FilmTag],
    now_us: int,
) -> None:
    """Complete a run and make it its film's current one; the shots of the one before go.

    Raises ClaimLostError if the run is not being built: replaced, abandoned or finished before.
    """
    shots = sa.select(sa.func.count()).where(shot.c.run_id == run_id).scalar_subquery()
    film_id = connection.scalar(
        sa.update(index_run)
        .where(index_run.c.id == run_id, index_run.c.state == "building")
        .values(
            state="complete", finished_us=now_us, shots=shots, tally=None, **_fact_columns(facts)
        )
        .returning(index_run.c.film_id)
    )
    if film_id is None:
        raise ClaimLostError(f"run {run_id} is no longer being built; another process replaced it")
    store_film_tags(connection, run_id, tags)
    embeddings.store_mean(connection, run_id)
    connection.execute(sa.update(film).where(film.c.id == film_id).values(current_run_id=run_id))
    shelving.shelve(connection, film_id)
    drop_shots(connection, film_id, run_id)


def store_film_tags(connection: sa.Connection, run_id: int, tags: Iterable[FilmTag]) -> None:
    """Store what a run says of its whole film."""
    ids = {name: key for key, name in connection.execute(sa.select(tag.c.id, tag.c.name))}
    rows = [
        {
            "run_id": run_id,
            "tag_id": ids[entry.tag],
            "relevance": entry.relevance,
            "weight": entry.weight,
            "seconds": entry.seconds,
            "coverage": entry.coverage,
            "peak": entry.peak,
            "present": entry.present,
        }
        for entry in tags
    ]
    if rows:
        connection.execute(sa.insert(film_tag), rows)


def abandon(connection: sa.Connection, run_id: int) -> None:
    """Drop a run that will not be finished, with all that it holds."""
    connection.execute(
        sa.delete(index_run).where(index_run.c.id == run_id, index_run.c.state == "building")
    )


def abandon_all(connection: sa.Connection, film_id: int) -> None:
    """Drop whatever is unfinished of a film."""
    connection.execute(
        sa.delete(index_run).where(index_run.c.film_id == film_id, index_run.c.state == "building")
    )


def current(connection: sa.Connection, film_id: int) -> Indexed | None:
    """Return a film's current run, if it has one."""
    run_id = connection.scalar(sa.select(film.c.current_run_id).where(film.c.id == film_id))
    return None if run_id is None else read(connection, run_id)


def of_film(of: Film) -> Indexed:
    """Return a film's current run. Raises NotIndexedError, saying why, if it has none."""
    match of.state:
        case Indexed() as run:
            return run
        case Failed(_, reason):
            raise NotIndexedError(f"{of.title} could not be indexed: {reason}")
        case _:
            raise NotIndexedError(f"{of.title} is not indexed yet")


def coverages(connection: sa.Connection) -> dict[int, dict[str, float]]:
    """Return for each film, by its id, the coverage of the tags that it has."""
    query = (
        sa.select(film.c.id, tag.c.name, film_tag.c.coverage)
        .join(film_tag, film_tag.c.run_id == film.c.current_run_id)
        .join(tag, tag.c.id == film_tag.c.tag_id)
        .where(film_tag.c.present)
    )
    found: dict[int, dict[str, float]] = {}
    for film_id, name, coverage in connection.execute(query):
        found.setdefault(film_id, {})[name] = coverage
    return found


def read(connection: sa.Connection, run_id: int) -> Indexed:
    """Read a complete run."""
    row = connection.execute(
        sa.select(index_run, model.c.digest.label("model_digest"))
        .join(model, model.c.id == index_run.c.model_id)
        .where(index_run.c.id == run_id, index_run.c.state == "complete")
    ).one()
    return Indexed(
        run_id=run_id,
        model_digest=row.model_digest,
        settings=RunSettings.of(Precision(row.precision), **json.loads(row.settings)),
        provider=row.provider,
        facts=FilmFacts(**{name: getattr(row, name) for name in FilmFacts.__slots__}),
        shots=row.shots,
        indexed_us=row.finished_us,
    )


def model_of(connection: sa.Connection, run_id: int) -> ModelFacts:
    """Return the model that a run was made with."""
    model_id = connection.scalars(
        sa.select(index_run.c.model_id).where(index_run.c.id == run_id)
    ).one()
    return models.read(connection, model_id)


def film_tags(connection: sa.Connection, run_id: int) -> tuple[FilmTag, ...]:
    """Return what a run says of its whole film, most relevant first."""
    query = (
        sa.select(
            tag.c.name,
            film_tag.c.relevance,
            film_tag.c.weight,
            film_tag.c.seconds,
            film_tag.c.coverage,
            film_tag.c.peak,
            film_tag.c.present,
        )
        .join(tag, tag.c.id == film_tag.c.tag_id)
        .where(film_tag.c.run_id == run_id)
        .order_by(film_tag.c.relevance.desc(), tag.c.name)
    )
    return tuple(FilmTag(*row) for row in connection.execute(query))


def _fact_columns(facts: FilmFacts) -> dict[str, object]:
    return {name: getattr(facts, name) for name in FilmFacts.__slots__}
