"""A place in the results of one search, as text to hand out and take back.

It holds where the last hit stood in the order (the values by which it was ordered, and its id), not
how many there were before it: films that are added meanwhile neither repeat nor hide a hit.
"""

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Sequence
from typing import cast

from .errors import CursorError

Value = int | float | str | None
_CHECK_BYTES = 6
_AGAIN = "search again without it for the first page"


def cursor_text(search: str, place: Sequence[Value]) -> str:
    """Write down a place in the results of a search, which is named by its text."""
    body = json.dumps([_digest(search.encode()).hex(), list(place)], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_digest(body) + body).decode("ascii").rstrip("=")


def cursor_place(search: str, text: str, values: int) -> tuple[Value, ...]:
    """Read a place of so many values. Raises CursorError if it is damaged, or another search's."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)
    except (binascii.Error, ValueError):
        raise CursorError(f"not a cursor: {text!r}; {_AGAIN}") from None
    check, body = data[:_CHECK_BYTES], data[_CHECK_BYTES:]
    if check != _digest(body):
        raise CursorError(f"this cursor is damaged: {text!r}; {_AGAIN}")
    asked, place = _content(body, text)
    if asked != _digest(search.encode()).hex():
        raise CursorError(f"this cursor is of another query or order; {_AGAIN}")
    if len(place) != values:
        raise CursorError(f"this cursor is of another version of filmdex; {_AGAIN}")
    return tuple(place)


def _content(body: bytes, text: str) -> tuple[str, list[Value]]:
    """Take apart what the check says is as it was written, and trust it no further."""
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    match content:
        case [str(asked), [*place]] if all(map(_is_value, place)):
            return asked, cast("list[Value]", place)
        case _:
            raise CursorError(f"not a cursor: {text!r}; {_AGAIN}")


def _is_value(value: object) -> bool:
    match value:
        case bool():
            return False
        case int():
            return abs(value) < 2**63
        case float():
            return math.isfinite(value)
        case _:
            return value is None or isinstance(value, str)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:_CHECK_BYTES]
