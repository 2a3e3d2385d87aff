"""A film itself, as its file is, and single pictures out of it."""

import asyncio
import os
import stat
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ....db import films, runs
from ....db.errors import FilmChangedError
from ....db.records import Film, Location
from ....db.store import Connection
from ...censoring import path_of
from ...fingerprint import fingerprint
from ..desk import Desk, Here
from ..frames.taking import WIDTHS, Wanted
from ..problems import Refused
from ..ranges import Bytes, Unsatisfiable, asked, media_type
from ..sending import Sent
from .shapes import FilmId, TimeUs

JPEG = "image/jpeg"
# A picture's address names its film and time; what those show, changes only with the film.
FRAME_CACHED = "private, max-age=86400"
router = APIRouter(prefix="/films", tags=["media"])
_FILE = {"content": {"video/*": {"schema": {"type": "string", "format": "binary"}}}}


@router.head("/{film_id}/media", include_in_schema=False)
@router.get(
    "/{film_id}/media",
    response_class=Response,
    responses={
        200: {"description": "The whole file."} | _FILE,
        206: {"description": "The bytes that were asked for."} | _FILE,
        304: {"description": "It is what the browser has."},
        416: {"description": "The file has no such bytes."},
    },
)
def media(desk: Here, request: Request, film_id: FilmId) -> Response:
    """Send a film's own file, or the bytes of it that are asked for (Range)."""
    with desk.store.reading() as db:
        film = films.read(db, film_id)
        facts = runs.of_film(film).facts
        fd = _opened(db, film)
    etag = f'"{film.identity.fingerprint}"'
    headers = {"Accept-Ranges": "bytes", "ETag": etag, "Cache-Control": "private, no-cache"}
    size = os.fstat(fd).st_size
    try:
        if request.headers.get("if-none-match") == etag:
            os.close(fd)
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        fresh = request.headers.get("if-range", etag) == etag
        some = asked(request.headers.get("range"), size) if fresh else None
    except Unsatisfiable:
        os.close(fd)
        more = headers | {"Content-Range": f"bytes */{size}"}
        detail = f"the file has {size} bytes"
        raise Refused(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, detail, more) from None
    kind = media_type(facts.container, facts.codec)
    if some is None:
        return Sent(fd, Bytes(0, size), HTTPStatus.OK, headers, kind)
    headers["Content-Range"] = f"bytes {some.start}-{some.end - 1}/{size}"
    return Sent(fd, some, HTTPStatus.PARTIAL_CONTENT, headers, kind)


def _opened(db: Connection, film: Film) -> int:
    """Open a film's file. Raises FilmChangedError if another lies in its place; OSError."""
    path = path_of(film)
    # Without waiting: where a film lay, a pipe may be by now, which nobody writes to.
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    facts = os.fstat(fd)
    seen = Location(path, facts.st_size, facts.st_mtime_ns)
    # Its content is only looked at where size or time are not what they were.
    if stat.S_ISREG(facts.st_mode) and (
        films.known_at(db, seen) == film.id or fingerprint(fd) == film.identity
    ):
        return fd
    os.close(fd)
    raise FilmChangedError(f"{film.title}: its file has changed since; index it again")


@router.get(
    "/{film_id}/frame",
    response_class=Response,
    responses={
        200: {
            "description": "The picture.",
            "content": {JPEG: {"schema": {"type": "string", "format": "binary"}}},
        },
        304: {"description": "It is what the browser has."},
    },
)
async def frame(
    desk: Here,
    request: Request,
    film_id: FilmId,
    at_us: TimeUs,
    exact: Annotated[bool, Query(description="The very frame, not the keyframe before.")] = False,
    width: Annotated[int, Query(description=f"One of {WIDTHS}.")] = 320,
) -> Response:
    """Send one picture of a film: what is shown at a time, or the keyframe at or before it."""
    if width not in WIDTHS:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, f"width is one of {WIDTHS}")
    film = await run_in_threadpool(_film, desk, film_id, at_us)
    wanted = Wanted(film.identity.fingerprint, at_us, exact, width)
    headers = {"ETag": f'"{wanted.key}"', "Cache-Control": FRAME_CACHED}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    data = await run_in_threadpool(desk.frames.kept, wanted)
    if data is None:
        data = await asyncio.shield(asyncio.wrap_future(desk.frames.take(film, wanted)))
    return Response(data, media_type=JPEG, headers=headers)


def _film(desk: Desk, film_id: int, at_us: int) -> Film:
    with desk.store.reading() as db:
        film = films.read(db, film_id)
        end_us = runs.of_film(film).facts.duration_us
    if at_us >= end_us:
        detail = f"{film.title} is over by then: it is {end_us} us long"
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    return film
