"""Persons who use the page from elsewhere, and the tokens by which they are known.

A token is 256 random bits, so that one round of SHA-256 is enough to keep it by: there is nothing
to guess that a slow hash would protect (NIST SP 800-63B, section 5.1.2, on look-up secrets).
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from .errors import StoreError, UnknownError
from .records import Person, Role
from .tables import person

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Admitted:
    """A person and the token that was given out; it is kept nowhere, and cannot be shown again."""

    person: Person
    token: str


def add(connection: sa.Connection, name: str, role: Role, now_us: int) -> Admitted:
    """Add a person, and give out a token.

    Raises StoreError if the name is taken, also by somebody who was removed: the audit names
    people. Raises ValueError for a name that cannot be printed.
    """
    new = Person(0, name, role, now_us)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    if connection.scalar(sa.select(person.c.id).where(person.c.name == name)) is not None:
        raise StoreError(
            f"{name!r} is taken; `filmdex persons renew` gives a known person a new token"
        )
    row = {"name": name, "role": role, "token_digest": digest(token), "added_us": now_us}
    number: int = connection.execute(
        sa.insert(person).values(row).returning(person.c.id)
    ).scalar_one()
    return Admitted(Person(number, new.name, role, now_us), token)


def renew(connection: sa.Connection, name: str) -> Admitted:
    """Give a person a new token; the one before is worth nothing from now on.

    Raises UnknownError if nobody is called so.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    changed = connection.execute(
        sa.update(person)
        .where(person.c.name == name)
        .values(token_digest=digest(token))
        .returning(*_COLUMNS)
    ).one_or_none()
    return Admitted(_person(_known(changed, name)), token)


def remove(connection: sa.Connection, name: str) -> None:
    """Let a person in no longer. Raises UnknownError if nobody who is let in is called so."""
    changed = connection.execute(
        sa.update(person)
        .where(person.c.name == name, person.c.token_digest.is_not(None))
        .values(token_digest=None)
        .returning(*_COLUMNS)
    ).one_or_none()
    _known(changed, name)


def listed(connection: sa.Connection) -> tuple[Person, ...]:
    """Read the persons who are let in, by name."""
    rows = connection.execute(
        sa.select(*_COLUMNS).where(person.c.token_digest.is_not(None)).order_by(person.c.name)
    )
    return tuple(map(_person, rows))


def some(connection: sa.Connection) -> bool:
    """Tell whether anybody was ever added: from then on nobody is let in without a token."""
    return connection.scalar(sa.select(person.c.id).limit(1)) is not None


def with_id(connection: sa.Connection, number: int, token_digest: str) -> Person | None:
    """Read a person who is still let in by the token that had this digest."""
    row = connection.execute(
        sa.select(*_COLUMNS, person.c.token_digest).where(
            person.c.id == number, person.c.token_digest.is_not(None)
        )
    ).one_or_none()
    if row is None or not hmac.compare_digest(row.token_digest, token_digest):
        return None
    return _person(row)


def with_token(connection: sa.Connection, token: str) -> Person | None:
    """Find who has a token, in the same time whoever it is: every digest is compared."""
    wanted = digest(token)
    found = None
    rows = connection.execute(
        sa.select(*_COLUMNS, person.c.token_digest).where(person.c.token_digest.is_not(None))
    )
    for row in rows:
        if hmac.compare_digest(row.token_digest, wanted):
            found = _person(row)
    return found


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


_COLUMNS = (person.c.id, person.c.name, person.c.role, person.c.added_us)
_Row = sa.Row[*tuple[Any, ...]]


def _known(row: _Row | None, name: str) -> _Row:
    if row is None:
        raise UnknownError(f"nobody is called {name!r}; `filmdex persons list` names all")
    return row


def _person(row: _Row) -> Person:
    return Person(row.id, row.name, Role(row.role), row.added_us)
