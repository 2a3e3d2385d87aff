"""What reviewers said, kept for good: a later opinion is a new row, never a changed one."""

from collections.abc import Iterable

import sqlalchemy as sa

from .records import Decision, Opinion, Review, Span
from .tables import review


def add(connection: sa.Connection, opinion: Opinion, now_us: int) -> Review:
    """Keep an opinion; return it as it was kept."""
    number: int = connection.execute(
        sa.insert(review)
        .values(
            film_id=opinion.film_id,
            tag=opinion.tag,
            asked_start_us=opinion.asked.start_us,
            asked_end_us=opinion.asked.end_us,
            decision=opinion.decision,
            ruled_start_us=opinion.ruled.start_us,
            ruled_end_us=opinion.ruled.end_us,
            reviewer=opinion.reviewer,
            note=opinion.note,
            made_us=now_us,
        )
        .returning(review.c.id)
    ).scalar_one()
    return Review(number, opinion, now_us)


def of_film(connection: sa.Connection, film_id: int) -> tuple[Review, ...]:
    """Read all reviews of a film, in the order in which they were made."""
    rows = connection.execute(
        sa.select(review).where(review.c.film_id == film_id).order_by(review.c.id)
    )
    return tuple(map(_review, rows))


def listed(connection: sa.Connection) -> tuple[Review, ...]:
    """Read all reviews there are."""
    return tuple(map(_review, connection.execute(sa.select(review).order_by(review.c.id))))


def films(connection: sa.Connection) -> frozenset[int]:
    """Name the films of which anybody has said anything."""
    return frozenset(connection.scalars(sa.select(review.c.film_id).distinct()))


def of_films(connection: sa.Connection, film_ids: Iterable[int]) -> dict[int, tuple[Review, ...]]:
    """Read the reviews of several films."""
    return {film_id: of_film(connection, film_id) for film_id in film_ids}


def _review(row: sa.Row[tuple[object, ...]]) -> Review:
    return Review(
        id=row.id,
        opinion=Opinion(
            film_id=row.film_id,
            tag=row.tag,
            asked=Span(row.asked_start_us, row.asked_end_us),
            decision=Decision(row.decision),
            ruled=Span(row.ruled_start_us, row.ruled_end_us),
            reviewer=row.reviewer,
            note=row.note,
        ),
        made_us=row.made_us,
    )
