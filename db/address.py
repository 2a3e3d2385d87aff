"""Where a library is kept: in a file (SQLite), or in a database on a server (PostgreSQL)."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

# As PostgreSQL's own library takes them (its manual, 34.1.1.2).
SCHEMES = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL database by its URL. As text it has no password, whoever prints it."""

    url: str = field(repr=False)

    def __post_init__(self) -> None:
        if not is_url(self.url):
            raise ValueError("the URL of a PostgreSQL database begins with postgresql://")

    def __str__(self) -> str:
        try:
            parts = urlsplit(self.url)
            port = "" if parts.port is None else f":{parts.port}"
        except ValueError:
            return "postgresql:// (a URL that cannot be read)"
        user = f"{parts.username}@" if parts.username else ""
        folder = parse_qs(parts.query).get("host")
        socket = f"?host={folder[0]}" if folder else ""
        return f"postgresql://{user}{parts.hostname or ''}{port}{parts.path}{socket}"


Address = Path | Server


def is_url(text: str) -> bool:
    """Tell whether a text is the URL of a PostgreSQL database, and not a file's path."""
    return text.startswith(SCHEMES)


def address_of(text: str) -> Address:
    """Read a URL, or else the path of a file."""
    return Server(text) if is_url(text) else Path(text).expanduser()
