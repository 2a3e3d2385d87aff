"""Connections to PostgreSQL, and its refusals in words. The only file that knows psycopg."""

from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.adapt import Loader

from .address import Server
from .errors import StoreError, UnreachableError

# What waits for another writer longer than this gives up, as on SQLite.
LOCK_TIMEOUT_S = 60
# A writer that says nothing for this long inside a transaction is cut off: its host hangs, and what
# it has locked holds up all others.
IDLE_WRITER_S = 60
CONNECT_TIMEOUT_S = 10
# Any number, as long as it is the same in every process: the lock of whoever writes alone.
WRITERS = 0x66696C6D

_SESSION = "; ".join(
    (
        f"SET lock_timeout = '{LOCK_TIMEOUT_S}s'",
        # A host that fell off the network is noticed within a minute and a half, not two hours.
        "SET tcp_keepalives_idle = 30",
        "SET tcp_keepalives_interval = 15",
        "SET tcp_keepalives_count = 4",
        # To compile a query takes longer than most of ours run.
        "SET jit = off",
    )
)
_ALONE = sa.text(
    f"SELECT set_config('idle_in_transaction_session_timeout', '{IDLE_WRITER_S}s', true), "
    f"pg_advisory_xact_lock({WRITERS})"
)


class _WholeNumber(Loader):
    """PostgreSQL adds up whole numbers as `numeric`; they come back as what they were."""

    def load(self, data: Any) -> int | float:
        text = bytes(data).decode("ascii")
        return int(text) if text.lstrip("-").isdigit() else float(text)


def engine(at: Server) -> sa.Engine:
    """Prepare connections; none is made yet. Raises StoreError for a URL that cannot be read."""
    try:
        url = sa.make_url(at.url).set(drivername="postgresql+psycopg")
    except (sa.exc.ArgumentError, ValueError):
        # The cause may quote the password.
        raise StoreError(f"{at}: write postgresql://USER@HOST:PORT/NAME") from None
    made = sa.create_engine(
        url,
        # A connection that was lost while it rested is replaced unseen.
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": "filmdex",
            "client_encoding": "utf8",
        },
    )
    sa.event.listen(made, "connect", _prepare)
    return made


def _prepare(connection: Any, _record: object) -> None:
    connection.adapters.register_loader("numeric", _WholeNumber)
    connection.execute(_SESSION)
    connection.commit()


def write_alone(connection: sa.Connection) -> None:
    """Wait until no other transaction writes alone; it is the only one until it ends."""
    connection.execute(_ALONE)


def require_unicode(connection: sa.Connection, name: str) -> None:
    """Raise StoreError where text is not kept as UTF-8."""
    encoding = connection.scalar(sa.text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise StoreError(
            f"{name}: keeps text as {encoding}; make one with "
            "`createdb --encoding UTF8 --template template0 NAME`"
        )


def refused(name: str, error: sa.exc.DBAPIError) -> StoreError | None:
    """Put a refusal into words, with what to do; None if it is a mistake of ours.

    States are those of the manual's appendix A. The messages name host and user, no password.
    """
    cause = error.orig
    state = (getattr(cause, "sqlstate", None) or "") if isinstance(cause, psycopg.Error) else ""
    said = _first_line(cause)
    if error.connection_invalidated or state[:2] == "08" or state in _AWAY:
        return UnreachableError(f"{name}: {said}; it is tried again when the server is back")
    if state in _REMEDIES or state[:2] in _REMEDIES:
        return StoreError(f"{name}: {said}; {_REMEDIES.get(state) or _REMEDIES[state[:2]]}")
    if not state and isinstance(error, sa.exc.OperationalError):
        return _no_connection(name, said)
    if isinstance(error, sa.exc.DataError) and "NUL" in said:
        return StoreError(f"{name}: {said}; leave the character out")
    if isinstance(error, (sa.exc.OperationalError, sa.exc.InternalError)):
        return StoreError(f"{name}: {said}; the server's log says more")
    return None


def _no_connection(name: str, said: str) -> StoreError:
    # Before there is a session there is no state: only words, in the server's language.
    if "authentication" in said or "password" in said:
        return StoreError(f"{name}: {said}; put the password into ~/.pgpass or PGPASSWORD")
    if "does not exist" in said:
        return StoreError(f"{name}: {said}; `createdb` and `createuser` make what is missing")
    return UnreachableError(f"{name}: {said}; is the server running, and does it listen there?")


def _first_line(cause: BaseException | None) -> str:
    primary = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None
    lines = [line.strip() for line in (primary or str(cause)).splitlines() if line.strip()]
    return lines[0] if lines else type(cause).__name__


# Shut down, crashed, starting up, cut off while idle.
_AWAY = {"57P01", "57P02", "57P03", "57P05", "25P03"}
_REMEDIES = {
    "25006": "is it a standby? name the primary server",
    "28": "put the password into ~/.pgpass or PGPASSWORD",
    "3D000": "`createdb` makes it",
    "42501": "make filmdex's user the owner of the database",
    "53": "free space or connections on the server, then run again",
    "55P03": "another writer took too long; run again",
    "40": "run again",
    "57014": "run again, or raise statement_timeout",
    "XX": "the server's log says more; restore a dump if it is damaged",
}
