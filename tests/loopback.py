"""A web server on this machine that answers as it is told: files, redirects, lies."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Reply:
    """One answer; `promised` is the Content-Length where it is not the body's."""

    body: bytes = b""
    status: int = 200
    location: str = ""
    promised: int | None = None


@dataclass
class Site:
    """What stands under each path, and which paths were asked for."""

    url: str = ""
    replies: dict[str, Reply] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving() -> Iterator[Site]:
    """Serve a site until the block ends."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            reply = site.replies.get(self.path, Reply(status=404))
            self.send_response(reply.status)
            if reply.location:
                self.send_header("Location", reply.location)
            length = len(reply.body) if reply.promised is None else reply.promised
            if length >= 0:
                self.send_header("Content-Length", str(length))
            self.end_headers()
            with suppress(ConnectionError):  # whoever asked has had enough
                self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
