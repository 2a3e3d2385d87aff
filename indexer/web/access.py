"""By which names the page may be asked for, and what must be asked of who asks. Pure.

A page on the loopback is not private: any web page that is open in the same browser can have its
own name resolve to 127.0.0.1 and then ask away (DNS rebinding). The Host header tells: it holds the
name that the browser believes it speaks to. See Jackson et al., "Protecting Browsers from DNS
Rebinding Attacks", CCS 2007.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from ...db.errors import ConfigError

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True)
class Access:
    """How the page is reached, decided once, when it starts.

    `names` are the hosts, without port, that a request may name. `secure`: browsers speak TLS, to
    the page or to the `proxied` one before it. `port` is None where a proxy's port is the one seen.
    """

    names: frozenset[str]
    port: int | None
    secure: bool
    local: bool

    @property
    def scheme(self) -> str:
        """The scheme under which browsers know the page."""
        return "https" if self.secure else "http"

    def knows(self, host: str) -> bool:
        """Whether a Host header names this page."""
        name, port = split_host(host)
        usual = 443 if self.secure else 80
        return name in self.names and self.port in (None, usual if port is None else port)

    def same_origin(self, origin: str, host: str) -> bool:
        """Whether an Origin header is that of the page itself, as the Host header names it."""
        return origin == f"{self.scheme}://{host}"


def decided(
    host: str, port: int, allowed: Iterable[str] = (), *, tls: bool = False, proxied: bool = False
) -> Access:
    """Decide how a page at `host` and `port` may be reached.

    Raises ConfigError where others could read along, or where no name is known by which they ask.
    """
    loopback = is_loopback(host)
    if not (loopback or tls or proxied):
        raise ConfigError(
            f"{host}: others would read along; give --tls-cert and --tls-key, or --behind-proxy "
            "where a proxy speaks TLS"
        )
    names = {_named(name) for name in allowed}
    if loopback:
        names |= LOOPBACK_NAMES
    elif not _everywhere(host):
        names.add(_named(host))
    if not names:
        raise ConfigError(f"{host} is every address: --allow-host says by which names to be asked")
    local = loopback and not proxied
    return Access(frozenset(names), None if proxied else port, tls or proxied, local)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def split_host(host: str) -> tuple[str, int | None]:
    """Take a Host header apart; a port that is none makes a name that nothing is called."""
    name, colon, port = host.lower().rpartition(":")
    if not colon or port.endswith("]"):
        return host.lower(), None
    return (name, int(port)) if port.isdecimal() and len(port) < 6 else ("", None)


def _everywhere(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _named(host: str) -> str:
    """Write a name or address as a Host header does."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.lower()
    return f"[{address}]" if address.version == 6 else str(address)
