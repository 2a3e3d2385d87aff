"""The audit's key and the log of its heads: two files outside the database."""

import os
import secrets
import stat
from datetime import UTC, datetime
from pathlib import Path

from ..db.audit import KEY_BYTES, Head
from ..db.errors import StoreError


def key_for(path: Path, *, chain_is_empty: bool) -> bytes:
    """Read the key, or make it if no chain has been begun yet: mode 0600, random.

    Raises StoreError if it is missing while there is a chain, if others could read it, or if it is
    no key: a new key would make the whole chain look broken, and hide that it was.
    """
    try:
        return _read(path)
    except FileNotFoundError as error:
        if not chain_is_empty:
            raise StoreError(
                f"{path}: the audit's key is gone; bring it back from where you keep a copy "
                "(audit.key in the configuration names another place)"
            ) from error
    try:
        _make(path)
    except OSError as error:
        raise StoreError(f"{path}: the audit's key cannot be made: {error.strerror}") from error
    return _read(path)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(4 * KEY_BYTES).decode("ascii", "replace").strip()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(f"{path}: the audit's key cannot be read: {error.strerror}") from error
    if mode & 0o077:
        raise StoreError(f"{path}: others may read the audit's key; `chmod 600` it")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise StoreError(f"{path}: is no key: it should hold {2 * KEY_BYTES} hexadecimal digits")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written beside and linked, so that of two processes one makes the key and both read it whole.
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            return
    finally:
        fresh.unlink(missing_ok=True)


def note_head(log: Path, database: str, head: Head, now_us: int) -> None:
    """Add the head to the log, one line each: time, head, database. Raises StoreError."""
    when = datetime.fromtimestamp(now_us / 1e6, UTC).isoformat(timespec="seconds")
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{when} {head} {database!r}\n")
    except OSError as error:
        raise StoreError(
            f"{log}: the audit's head cannot be noted: {error.strerror}; audit.log names another"
        ) from error


def parse_head(text: str) -> Head:
    """Read `NUMBER:MAC`. Raises ValueError if it is not that."""
    number, _, mac = text.strip().partition(":")
    if not number.isdecimal() or len(mac) != 2 * KEY_BYTES or set(mac) - set("0123456789abcdef"):
        raise ValueError(f"{text!r} is no head; it is NUMBER:MAC, as in the log")
    return Head(int(number), mac)
