"""The audit: what was decided, by whom and by what, in a chain that cannot be changed unseen.

Each row carries an HMAC-SHA256 (RFC 2104) over its number, its content and the row's before, as
in the forward chain of Schneier and Kelsey, "Secure Audit Logs to Support Computer Forensics" (ACM
TISSEC 2, 1999). The key lies outside the database: who can write the database, and not read the
key, can neither change, remove, insert nor swap a row without breaking the chain. A tail that was
cut off leaves a whole chain, as does one written anew by who has the key: only a head that was
noted elsewhere tells.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from .tables import audit

BEGINNING = "0" * 64
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of a chain: its number and its MAC. Number 0 is the empty chain."""

    number: int
    mac: str

    def __str__(self) -> str:
        return f"{self.number}:{self.mac}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: `subject` is what it is about (a fingerprint, a policy's name), `body` is JSON."""

    number: int
    made_us: int
    kind: str
    subject: str
    body: str
    mac: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that is not what was written, and in what way."""

    number: int
    reason: str


def append(
    connection: sa.Connection,
    key: bytes,
    kind: str,
    subject: str,
    body: Mapping[str, Any],
    now_us: int,
) -> Head:
    """Add a row within a writing transaction; return the new head."""
    before = head(connection)
    number = before.number + 1
    text = json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    mac = _mac(key, before.mac, number, now_us, kind, subject, text)
    row = {"id": number, "made_us": now_us, "kind": kind, "subject": subject}
    connection.execute(sa.insert(audit).values(row | {"body": text, "mac": mac}))
    return Head(number, mac)


def head(connection: sa.Connection) -> Head:
    """Return the last row's number and MAC."""
    last = connection.execute(
        sa.select(audit.c.id, audit.c.mac).order_by(audit.c.id.desc()).limit(1)
    ).one_or_none()
    return Head(0, BEGINNING) if last is None else Head(last.id, last.mac)


def entries(connection: sa.Connection, kind: str | None = None) -> list[Entry]:
    """Read the rows in order, of one kind or of all."""
    query = sa.select(audit).order_by(audit.c.id)
    if kind is not None:
        query = query.where(audit.c.kind == kind)
    return [Entry(*row) for row in connection.execute(query)]


def page(
    connection: sa.Connection, kind: str | None, limit: int, before: int | None
) -> tuple[list[Entry], bool]:
    """Read `limit` rows from the newest back, or from before a number; and whether more follow."""
    query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit + 1)
    if kind is not None:
        query = query.where(audit.c.kind == kind)
    if before is not None:
        query = query.where(audit.c.id < before)
    rows = [Entry(*row) for row in connection.execute(query)]
    return rows[:limit], len(rows) > limit


def last(connection: sa.Connection, kind: str, subject: str) -> Entry | None:
    """Read the latest row of a kind about a subject."""
    row = connection.execute(
        sa.select(audit)
        .where(audit.c.kind == kind, audit.c.subject == subject)
        .order_by(audit.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Entry(*row)


def verify(connection: sa.Connection, key: bytes, noted: Head | None = None) -> Head | Broken:
    """Follow the whole chain; return its head, or the first row at which it breaks.

    `noted` is a head that was written down before: the chain must lead through it.
    """
    before = Head(0, BEGINNING)
    through = noted is None or noted == before
    for row in connection.execute(sa.select(audit).order_by(audit.c.id)):
        number = before.number + 1
        if row.id != number:
            return Broken(number, "is missing")
        content = (row.made_us, row.kind, row.subject, row.body)
        mac = _mac(key, before.mac, number, *content)
        # Compared as bytes: a MAC that was tampered with may hold any character.
        if not hmac.compare_digest(mac.encode(), str(row.mac).encode("utf-8", "surrogatepass")):
            return Broken(number, "is not what was written, or not where it was")
        before = Head(number, mac)
        through = through or before == noted
    if noted is not None and not through:
        if before.number < noted.number:
            return Broken(before.number + 1, f"is missing, up to the noted head at {noted.number}")
        return Broken(noted.number, "is not the noted head: the chain was written anew")
    return before


def _mac(key: bytes, before: str, number: object, *content: object) -> str:
    # A list as JSON has one reading only: no two different rows give the same bytes.
    message = json.dumps([before, number, *content], ensure_ascii=True, default=repr)
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()
