"""Getting files over HTTP from where nobody is trusted: the only file that opens a connection.

https alone, plain http only to this machine; a redirect may lead nowhere that could not have been
asked for. Sizes are limited while bytes arrive, whatever a header promised.
"""

import http.client
import ipaddress
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from ..db.errors import ModelError

# Without a byte for this long, a server is taken for dead.
SILENCE_S = 30.0
CHUNK = 1 << 20
OFFLINE = "without a network, copy the bundle here and run `filmdex model use FOLDER`"


# Is told how many bytes have arrived, and of how many, -1 if the server does not say.
Arriving = Callable[[int, int], None]


def fetch(
    url: str, target: Path, most_bytes: int, tell: Arriving = lambda _arrived, _of: None
) -> None:
    """Write what is at `url` to the new file `target`.

    Raises ModelError if it may not be asked for, does not come, comes in part, or is larger than
    `most_bytes`; OSError if it cannot be written.
    """
    require_allowed(url)
    request = urllib.request.Request(  # noqa: S310  the scheme has just been looked at
        url, headers={"User-Agent": f"filmdex/{version('filmdex')}"}
    )
    try:
        reply = _opener().open(request, timeout=SILENCE_S)
    except urllib.error.HTTPError as error:
        error.close()
        raise ModelError(f"{url}: the server says {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise ModelError(f"{url}: cannot be reached ({error.reason}); {OFFLINE}") from error
    except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
        raise _cut_off(url, error) from error
    with reply, target.open("xb") as file:
        promised = -1 if reply.length is None else int(reply.length)
        if promised > most_bytes:
            raise _too_large(url, most_bytes)
        arrived = 0
        for chunk in _chunks(url, reply):
            arrived += len(chunk)
            if arrived > most_bytes:
                raise _too_large(url, most_bytes)
            file.write(chunk)
            tell(arrived, promised)
    if promised not in (-1, arrived):
        raise ModelError(f"{url}: {arrived} of {promised} bytes came; try again")


def require_allowed(url: str) -> None:
    """Raise ModelError unless a URL is https, or http to this very machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and _is_loopback(parts.hostname or ""):
        return
    raise ModelError(f"{url}: only https is asked for (and http on this machine itself)")


def _chunks(url: str, reply: IO[bytes]) -> Iterator[bytes]:
    while True:
        try:
            chunk = reply.read(CHUNK)
        except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
            raise _cut_off(url, error) from error
        if not chunk:
            return
        yield chunk


def _cut_off(url: str, error: Exception) -> ModelError:
    return ModelError(f"{url}: cut off ({error or type(error).__name__}); try again")


def _too_large(url: str, most_bytes: int) -> ModelError:
    return ModelError(f"{url}: larger than the {most_bytes / 1e6:.0f} MB that are allowed for it")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to what may be asked for, and from other machines never to this one."""

    max_redirections = 5

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        require_allowed(newurl)
        here, there = (_is_loopback(urlsplit(url).hostname or "") for url in (req.full_url, newurl))
        if there and not here:
            raise ModelError(f"{req.full_url}: redirects to this machine ({newurl}): refused")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """Speak HTTP and nothing else: the usual opener knows file:, ftp: and data: as well."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener
