"""Who asks: by a token, by a session, or because only this machine's own user can.

Whoever it is, the name in the audit is the one that is known here, never one that a request gives.
"""

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request

from ...db import persons
from ...db.records import Person, Role
from .desk import Desk, Here
from .guards import UNSAFE
from .problems import Refused

BEARER = "bearer "
CSRF_HEADER = "x-csrf-token"
# The prefix has browsers refuse it from other hosts and without TLS (RFC 6265bis, section 4.1.3).
SECURE_COOKIE, PLAIN_COOKIE = "__Host-filmdex", "filmdex"


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who may look, at least.

    `csrf` must come with every change; empty for a token in a header, which no browser adds.
    """

    name: str
    role: Role
    csrf: str
    local: bool = False

    def may(self, role: Role) -> bool:
        """Whether somebody may do what a role may."""
        return self.role.rank >= role.rank


class Unidentified(Refused):
    """Nobody who is known here: a page sends them to the login form."""

    def __init__(self) -> None:
        super().__init__(
            HTTPStatus.UNAUTHORIZED,
            "who are you? Log in, or send a token: Authorization: Bearer TOKEN",
            {"WWW-Authenticate": 'Bearer realm="filmdex"'},
        )


def cookie_name(desk: Desk) -> str:
    """Return under which name the session's key is kept."""
    return SECURE_COOKIE if desk.access.secure else PLAIN_COOKIE


def identified(desk: Desk, request: Request) -> Who:
    """Find out who asks. Raises Unidentified, or Refused after too many wrong tokens."""
    header = request.headers.get("authorization", "")
    if header[: len(BEARER)].lower() == BEARER:
        person = person_with(desk, request, header[len(BEARER) :].strip())
        return Who(person.name, person.role, "")
    key = request.cookies.get(cookie_name(desk), "")
    session = desk.sessions.find(key, time.monotonic())
    with desk.store.reading() as db:
        if session is not None:
            known = persons.with_id(db, session.person_id, session.token_digest)
            if known is not None:
                return Who(known.name, known.role, session.csrf)
        if desk.access.local and not persons.some(db):
            return Who(desk.local_name, Role.ADMINISTRATOR, desk.local_csrf, local=True)
    raise Unidentified


def person_with(desk: Desk, request: Request, token: str) -> Person:
    """Find who has a token. Raises Unidentified, or Refused where too many were wrong."""
    address = request.client.host if request.client else "nobody"
    if wait_s := desk.logins.wait_s(address, time.monotonic()):
        raise Refused(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too many wrong tokens; wait a little",
            {"Retry-After": str(int(wait_s) + 1)},
        )
    with desk.store.reading() as db:
        person = persons.with_token(db, token)
    if person is None:
        desk.logins.take(address, time.monotonic())
        raise Unidentified
    return person


def may(role: Role) -> Callable[[Desk, Request], Who]:
    """Return the dependency that lets nobody below a role in."""

    def somebody(desk: Here, request: Request) -> Who:
        who = identified(desk, request)
        if not who.may(role):
            raise Refused(HTTPStatus.FORBIDDEN, f"{who.name} is no {role}, but a {who.role}")
        if request.method in UNSAFE and who.csrf:
            given = request.headers.get(CSRF_HEADER, "")
            if not same(given, who.csrf):
                raise Refused(HTTPStatus.FORBIDDEN, "X-CSRF-Token is missing or old; load anew")
        return who

    return somebody


def same(given: str, wanted: str) -> bool:
    """Compare two secrets in a time that does not tell where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())


reader = may(Role.READER)
Reader = Annotated[Who, Depends(reader)]
Reviewer = Annotated[Who, Depends(may(Role.REVIEWER))]
Administrator = Annotated[Who, Depends(may(Role.ADMINISTRATOR))]
