"""Listening: the socket, TLS, and uvicorn, which is known nowhere else."""

import gc
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from ...db.errors import ConfigError

# Connections at a time, and how long one may be silent.
MOST_CONNECTIONS = 512
KEEP_ALIVE_S = 15
GRACE_S = 5
SWITCH_S = 0.001


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate's chain and its key, as PEM files."""

    certificate: Path
    key: Path

    def __post_init__(self) -> None:
        for path in (self.certificate, self.key):
            if not path.is_file():
                raise ConfigError(f"{path}: no such file; TLS wants a certificate and its key")


def listening(host: str, port: int) -> socket.socket:
    """Open the port; 0 takes one that is free. Raises ConfigError if that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        opened = socket.create_server((host, port), family=family)
    except OSError as error:
        said = error.strerror or error
        raise ConfigError(f"{host}, port {port}: {said}; --port takes another") from error
    # Connections inherit it. Without it the kernel keeps an answer's body back until the browser
    # has acknowledged its headers, which that puts off by 40 ms (Nagle, RFC 896; RFC 1122, 4.2.3).
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def serve(app: ASGIApp, sock: socket.socket, tls: Tls | None, proxy: str | None) -> None:
    """Serve until told to end; `proxy` is the address whose X-Forwarded headers are believed."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=proxy is not None,
        forwarded_allow_ips=proxy or "",
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else tls.key,
        ws="none",
        lifespan="on",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    config.load()
    # A search that is at work in Python would hold up each step of all other answers by 5 ms.
    sys.setswitchinterval(SWITCH_S)
    # What is loaded by now stays: looked through again at every tenth answer it would hold up all.
    gc.collect()
    gc.freeze()
    uvicorn.Server(config).run(sockets=[sock])
