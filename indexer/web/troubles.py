"""What becomes of an error on its way out: problem+json for programs, a page for people."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from ...db.errors import FilmdexError
from .identity import Unidentified, Who, identified
from .problems import Refused, problem, status_of, told
from .rendering import pages_of

# Who asks is what these are about: it is not found out, and no wrong token counted, a second time.
UNKNOWN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS)
FOR_PROGRAMS = ("/api/", "/healthz", "/openapi.json", "/static/")


def listen(app: FastAPI) -> None:
    """Have every error of a request told in its words."""
    app.add_exception_handler(FilmdexError, _of_filmdex)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(HTTPException, _of_starlette)
    app.add_exception_handler(OSError, _of_the_machine)


def _of_filmdex(request: Request, error: Exception) -> Response:
    assert isinstance(error, FilmdexError)  # noqa: S101  it was registered for these
    if _for_people(request):
        return _page(request, status_of(error), str(error))
    return told(error)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101
    if isinstance(error, Unidentified) and _for_people(request) and request.method == "GET":
        return RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    if _for_people(request):
        answer = _page(request, error.status, error.detail)
        answer.headers.update(error.headers)
        return answer
    return problem(error.status, error.detail, error.headers)


def _misread(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    mistakes = [
        {"where": [str(part) for part in one["loc"]], "message": str(one["msg"])}
        for one in error.errors()
    ]
    places = ", ".join(".".join(one["where"][1:]) or one["where"][0] for one in mistakes)
    detail = f"cannot be: {places}"
    if _for_people(request):
        return _page(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, mistakes=mistakes)


def _of_starlette(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    if _for_people(request):
        return _page(request, HTTPStatus(error.status_code), error.detail)
    return problem(error.status_code, error.detail, error.headers)


def _of_the_machine(request: Request, error: Exception) -> Response:
    assert isinstance(error, OSError)  # noqa: S101
    detail = f"the disk or the network: {error.strerror or error}; try again"
    if _for_people(request):
        return _page(request, HTTPStatus.SERVICE_UNAVAILABLE, detail)
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": "5"})


def _for_people(request: Request) -> bool:
    return not request.url.path.startswith(FOR_PROGRAMS)


def _page(request: Request, status: HTTPStatus, detail: str) -> Response:
    words = {"title": status.phrase, "detail": detail}
    who = None if status in UNKNOWN else _who(request)
    return pages_of(request).page("error.html", who, words, status)


def _who(request: Request) -> Who | None:
    """Find out who asked, so that they may go on from there; nobody where that is the trouble."""
    try:
        return identified(request.app.state.desk, request)
    except (Refused, FilmdexError, OSError):
        return None
