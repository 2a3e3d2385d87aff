"""Which bytes a request asks for (RFC 9110, section 14), and what a film's container is called.

Pure.
"""

import re
from dataclasses import dataclass

_ONE = re.compile(r"bytes=(\d*)-(\d*)")
# More digits than any file has bytes: a number that is longer is none.
_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Bytes:
    """The bytes `[start, end)` of a file."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """How many they are."""
        return self.end - self.start


class Unsatisfiable(ValueError):
    """Bytes are asked for that the file does not have."""


def asked(header: str | None, size: int) -> Bytes | None:
    """Read a Range header; None where the whole is wanted, or it cannot be told what is.

    Of several ranges none is taken: the whole is a right answer too. Raises Unsatisfiable.
    """
    found = _ONE.fullmatch((header or "").replace(" ", ""))
    if found is None or max(map(len, found.groups())) > _DIGITS:
        return None
    first, last = found.groups()
    if not first:
        return _tail(last, size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return Bytes(start, min(size, int(last) + 1) if last else size)


def _tail(last: str, size: int) -> Bytes | None:
    if not last:
        return None
    if int(last) == 0 or size == 0:
        raise Unsatisfiable
    return Bytes(max(0, size - int(last)), size)


# By FFmpeg's name of the demuxer. What stands in no browser's list is offered as it is called.
_TYPES = {
    "mov,mp4,m4a,3gp,3g2,mj2": "video/mp4",
    "mpegts": "video/mp2t",
    "mpeg": "video/mpeg",
    "avi": "video/x-msvideo",
    "ogg": "video/ogg",
    "asf": "video/x-ms-asf",
    "flv": "video/x-flv",
    "mxf": "application/mxf",
}
_WEB_CODECS = ("vp8", "vp9", "av1")
MATROSKA = "matroska,webm"


def media_type(container: str, codec: str) -> str:
    """Name a film's media type: never one that a browser would take for a page."""
    if container == MATROSKA:
        return "video/webm" if codec.startswith(_WEB_CODECS) else "video/x-matroska"
    return _TYPES.get(container, "application/octet-stream")
