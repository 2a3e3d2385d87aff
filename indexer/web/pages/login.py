"""Logging in with a token, and out again."""

import time
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from ....db import persons
from ..desk import Here
from ..identity import Reader, cookie_name, person_with
from ..problems import Refused
from ..rendering import pages_of
from ..sessions import LIFETIME_S

LONGEST_TOKEN = 200
router = APIRouter(include_in_schema=False)


@router.get("/login")
def form(request: Request) -> Response:
    """Show the form."""
    return pages_of(request).page("login.html", None, {"trouble": ""})


@router.post("/login")
def log_in(
    request: Request, desk: Here, token: Annotated[str, Form(max_length=LONGEST_TOKEN)] = ""
) -> Response:
    """Begin a session for whoever has this token."""
    # A browser says where a form came from; the guard has held that against this page's name.
    try:
        person = person_with(desk, request, token.strip())
    except Refused as error:
        words = {"trouble": "That token is not known here."}
        if error.status is HTTPStatus.TOO_MANY_REQUESTS:
            words = {"trouble": error.detail}
        answer: Response = pages_of(request).page("login.html", None, words, error.status)
        answer.headers.update(error.headers)
        return answer
    key = desk.sessions.begin(person.id, persons.digest(token.strip()), time.monotonic())
    answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        cookie_name(desk),
        key,
        max_age=int(LIFETIME_S),
        secure=desk.access.secure,
        httponly=True,
        samesite="strict",
        path="/",
    )
    return answer


@router.post("/logout")
def log_out(request: Request, desk: Here, who: Reader) -> Response:  # noqa: ARG001  for its check
    """End the session. The page sends the CSRF token in a header, as with every change."""
    desk.sessions.end(request.cookies.get(cookie_name(desk), ""))
    answer = Response(status_code=HTTPStatus.NO_CONTENT)
    answer.delete_cookie(
        cookie_name(desk), secure=desk.access.secure, httponly=True, samesite="strict", path="/"
    )
    return answer
