"""What stands before everything else: whom the page answers, how much it takes, what it forbids.

Plain ASGI, so that a film is passed on as it comes, and nothing is held in memory.
"""

import time
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .access import Access
from .problems import problem
from .rates import Rates

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = (
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    # Under no-referrer a form's Origin would be null, by which it is known here.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
    ("x-frame-options", "DENY"),
)
TLS_HEADER = ("strict-transport-security", "max-age=31536000")
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# What is sent is decisions and policies; a picture to search by is the largest.
LARGEST_BODY = 10 * 2**20


@dataclass(frozen=True, slots=True)
class Guard:
    """Answers nobody who asks by another name, from another page, too often or for too much."""

    app: ASGIApp
    access: Access
    rates: Rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no web sockets here
            await send({"type": "websocket.close", "code": 1008})
            return
        sending = self._with_headers(send)
        refused = self._refused(scope)
        if refused is None:
            await self.app(scope, _bounded(receive, LARGEST_BODY), sending)
        else:
            status, detail, headers = refused
            await problem(status, detail, headers)(scope, receive, sending)

    def _refused(self, scope: Scope) -> tuple[HTTPStatus, str, dict[str, str]] | None:
        hosts = _values(scope, b"host")
        if len(hosts) != 1 or not self.access.knows(hosts[0]):
            asked = ", ".join(hosts) or "nothing"
            detail = f"this page is not called {asked}; --allow-host takes further names"
            return HTTPStatus.MISDIRECTED_REQUEST, detail, {}
        origins = _values(scope, b"origin")
        if any(not self.access.same_origin(origin, hosts[0]) for origin in origins):
            return HTTPStatus.FORBIDDEN, "another page may not ask this one", {}
        if scope["method"] in UNSAFE and _values(scope, b"sec-fetch-site") not in ALONE:
            return HTTPStatus.FORBIDDEN, "another page may not change anything here", {}
        lengths = _values(scope, b"content-length")
        if any(not one.isdecimal() or int(one) > LARGEST_BODY for one in lengths):
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"over {LARGEST_BODY} bytes", {}
        address = (scope.get("client") or ("nobody", 0))[0]
        if wait_s := self.rates.take(address, time.monotonic()):
            after = {"retry-after": str(int(wait_s) + 1)}
            return HTTPStatus.TOO_MANY_REQUESTS, "asked too often; wait a little", after
        return None

    def _with_headers(self, send: Send) -> Send:
        more = (*HEADERS, TLS_HEADER) if self.access.secure else HEADERS

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _completed(message.get("headers", ()), more)
            await send(message)

        return sending


# What a browser says of a request that comes from the page itself, or typed; old ones say nothing.
ALONE: tuple[list[str], ...] = ([], ["same-origin"], ["none"])


def _completed(
    headers: Iterable[tuple[bytes, bytes]], more: Iterable[tuple[str, str]]
) -> list[tuple[bytes, bytes]]:
    """Add headers that are not there; nothing is kept by a browser unless it says so."""
    found = list(headers)
    there = {name.lower() for name, _ in found}
    wanted = [*more, ("cache-control", "no-store")]
    found += [(n.encode(), v.encode()) for n, v in wanted if n.encode() not in there]
    return found


def _values(scope: MutableMapping[str, Any], name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _bounded(receive: Receive, most: int) -> Receive:
    """Refuse a body that grows past `most` bytes, whatever length it promised."""
    seen = 0

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > most:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"over {most} bytes")
        return message

    return receiving
