"""Sending an open file, or a stretch of it, without ever holding more than a piece in memory."""

import os
from collections.abc import AsyncIterator, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from .ranges import Bytes

PIECE = 256 * 1024


class Sent(StreamingResponse):
    """Bytes of an open file. It is closed when they are sent, or nobody wants them any longer."""

    def __init__(
        self, fd: int, some: Bytes, status: int, headers: Mapping[str, str], kind: str
    ) -> None:
        """Take over a descriptor."""
        self._fd = fd
        length = {"Content-Length": str(some.length)}
        super().__init__(_pieces(fd, some), status, {**headers, **length}, kind)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            os.close(self._fd)


async def _pieces(fd: int, some: Bytes) -> AsyncIterator[bytes]:
    at = some.start
    while at < some.end:
        piece = await run_in_threadpool(os.pread, fd, min(PIECE, some.end - at), at)
        if not piece:  # it was cut off meanwhile: the promised length tells the browser
            return
        at += len(piece)
        yield piece
