"""Progress as it happens: server-sent events (HTML Standard, section 9.2)."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from ..desk import Desk, Here
from ..problems import Refused

LOOK_S = 2.0
# Proxies give up on what says nothing for longer; so many looks are about fifteen seconds.
SILENT_LOOKS = 7
MOST_LISTENERS = 64
router = APIRouter(tags=["work"])


@router.get(
    "/events",
    response_class=Response,
    responses={
        200: {
            "description": "An event `status` whenever it has changed: what /status answers.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def events(desk: Here, request: Request) -> Response:
    """Tell how the library and the work stand, whenever that changes."""
    listeners: set[object] = request.app.state.listeners
    if len(listeners) >= MOST_LISTENERS:
        detail = "too many are listening; ask for /status"
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": "30"})
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        _told(desk, listeners), media_type="text/event-stream", headers=headers
    )


async def _told(desk: Desk, listeners: set[object]) -> AsyncIterator[str]:
    mark = object()
    listeners.add(mark)
    try:
        last, silent = "", 0
        while True:
            text = await run_in_threadpool(desk.pulse.text)
            if text != last:
                last, silent = text, 0
                yield f"event: status\ndata: {text}\n\n"
            else:
                silent += 1
                if silent % SILENT_LOOKS == 0:
                    yield ": still here\n\n"
            await asyncio.sleep(LOOK_S)
    finally:
        listeners.discard(mark)
