"""What reviewers said, kept for good: a later opinion is a new row, never a changed one.

One that was taken back stays too, with a row that says so; from then on it does not count.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from .errors import StoreError, UnknownError
from .records import Decision, Opinion, Review, Span
from .tables import review, withdrawal

# Of a review: that it was not taken back.
STANDS = review.c.id.not_in(sa.select(withdrawal.c.review_id))


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


def read(connection: sa.Connection, number: int) -> Review:
    """Read one review. Raises UnknownError if there is none of this number."""
    row = connection.execute(sa.select(review).where(review.c.id == number)).one_or_none()
    if row is None:
        raise UnknownError(f"there is no review {number}; `filmdex review --said` lists them")
    return _review(row)


def take_back(connection: sa.Connection, number: int, reviewer: str, now_us: int) -> Review:
    """Have a review count no longer; return it. Raises StoreError if it was taken back before."""
    taken = read(connection, number)
    known = sa.select(withdrawal.c.review_id).where(withdrawal.c.review_id == number)
    if connection.scalar(known) is not None:
        raise StoreError(f"review {number} was taken back before")
    row = {"review_id": number, "reviewer": reviewer, "made_us": now_us}
    connection.execute(sa.insert(withdrawal).values(row))
    return taken


def of_film(connection: sa.Connection, film_id: int) -> tuple[Review, ...]:
    """Read the reviews of a film that stand, in the order in which they were made."""
    rows = connection.execute(
        sa.select(review).where(review.c.film_id == film_id, STANDS).order_by(review.c.id)
    )
    return tuple(map(_review, rows))


def listed(connection: sa.Connection) -> tuple[Review, ...]:
    """Read all reviews that stand."""
    rows = connection.execute(sa.select(review).where(STANDS).order_by(review.c.id))
    return tuple(map(_review, rows))


def marks(connection: sa.Connection, film_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Say how far the reviews of each of some films have come: equal marks, equal reviews."""
    rows = connection.execute(
        sa.select(review.c.film_id, sa.func.max(review.c.id), sa.func.count(withdrawal.c.review_id))
        .join(withdrawal, withdrawal.c.review_id == review.c.id, isouter=True)
        .where(review.c.film_id.in_(list(film_ids)))
        .group_by(review.c.film_id)
    )
    return {film_id: (last, taken) for film_id, last, taken in rows}


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
