"""Metrics and health on the loopback, off by default. http.server of the standard library."""

import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol, Self

from ...db import jobs
from ...db.errors import StoreError
from ...db.store import Store
from ..owner import lives
from .report import Report

LOOPBACK = "127.0.0.1"
# A loop that has not stepped for this long is not healthy.
STALE_S = 30.0
PLAIN = "text/plain; charset=utf-8"


class Watched(Protocol):
    """The daemon as its server sees it."""

    store: Store
    report: Report | None
    steps: int

    def healthy(self, now_s: float) -> bool:
        """Whether the work makes progress."""
        ...


class Server:
    """Serves /metrics, /healthz and /readyz on a port of the loopback; port 0 serves nothing."""

    def __init__(self, port: int, daemon: Watched) -> None:
        self._server = ThreadingHTTPServer((LOOPBACK, port), _handler(daemon)) if port else None

    def __enter__(self) -> Self:
        if self._server:
            threading.Thread(target=self._server.serve_forever, name="http", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()


class Pulse:
    """Tells a loop that steps from one that hangs, by how often it was asked."""

    def __init__(self) -> None:
        self._steps, self._since_s = -1, time.monotonic()

    def beats(self, steps: int) -> bool:
        """Whether the loop has stepped lately."""
        now_s = time.monotonic()
        if steps != self._steps:
            self._steps, self._since_s = steps, now_s
        return now_s - self._since_s < STALE_S


def _handler(daemon: Watched) -> type[BaseHTTPRequestHandler]:
    pulse = Pulse()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            match self.path:
                case "/healthz":
                    well = pulse.beats(daemon.steps) and daemon.healthy(time.monotonic())
                    self._answer(well, b"ok\n" if well else b"no progress\n")
                case "/readyz":
                    ready = daemon.report is not None
                    self._answer(ready, b"ready\n" if ready else b"not yet\n")
                case "/metrics":
                    self._metrics()
                case _:
                    self.send_error(HTTPStatus.NOT_FOUND)

        def log_message(self, *_: object) -> None:
            """Keep quiet: a scrape every few seconds is no news."""

        def _metrics(self) -> None:
            from .metrics import CONTENT_TYPE, written

            try:
                with daemon.store.reading() as db:
                    counted = jobs.counts(db, lives)
            except StoreError as error:
                self._answer(False, f"{error}\n".encode())
                return
            if daemon.report is None:
                self._answer(False, b"not yet\n")
            else:
                self._answer(True, written(daemon.report, counted), CONTENT_TYPE)

        def _answer(self, well: bool, body: bytes, kind: str = PLAIN) -> None:
            self.send_response(HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
