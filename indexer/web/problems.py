"""What goes wrong, as problem+json (RFC 9457): the status of each sorted error, and its words."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

from ...db.errors import (
    ConfigError,
    CursorError,
    FilmChangedError,
    FilmdexError,
    LimitError,
    MediaError,
    ModelError,
    NotIndexedError,
    OutputError,
    PolicyError,
    QueryError,
    StoreError,
    UnknownError,
)
from ..reviewing import DecisionsError

PROBLEM = "application/problem+json"

# The first that an error is one of decides. What is not named is ours, or the machine's.
_STATUS: tuple[tuple[type[FilmdexError], HTTPStatus], ...] = (
    (UnknownError, HTTPStatus.NOT_FOUND),
    (NotIndexedError, HTTPStatus.CONFLICT),
    (FilmChangedError, HTTPStatus.CONFLICT),
    (OutputError, HTTPStatus.CONFLICT),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
    (QueryError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (PolicyError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (CursorError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (DecisionsError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (LimitError, HTTPStatus.SERVICE_UNAVAILABLE),
    (MediaError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ModelError, HTTPStatus.SERVICE_UNAVAILABLE),
    (ConfigError, HTTPStatus.SERVICE_UNAVAILABLE),
)


class Refused(Exception):
    """A request that is refused for a reason that lies in the request, or in who makes it."""

    def __init__(
        self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self.status, self.detail, self.headers = status, detail, dict(headers or {})
        super().__init__(detail)


def status_of(error: FilmdexError) -> HTTPStatus:
    """Return the status by which an error is told."""
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Say what is wrong. `more` are further members, such as the column of a query's mistake."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status)}
    content = body | {"detail": detail} | more
    return JSONResponse(content, status, dict(headers or {}), media_type=PROBLEM)


def told(error: FilmdexError) -> JSONResponse:
    """Say what an error says, with the place of the mistake where it has one."""
    if isinstance(error, QueryError):
        return problem(status_of(error), error.message, column=error.column)
    return problem(status_of(error), str(error), **_mistakes(error))


def _mistakes(error: FilmdexError) -> dict[str, Any]:
    found = getattr(error, "mistakes", ())
    if not found:
        return {}
    places = [(one.place.line, one.place.column, one.message) for one in found]
    return {"mistakes": [{"line": n, "column": c, "message": text} for n, c, text in places]}


def decoded(data: bytes) -> str:
    """Read a body as UTF-8. Raises Refused if it is something else."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        detail = f"not UTF-8 (byte {error.start})"
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, detail) from error
