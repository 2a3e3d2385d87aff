"""From a file's bytes to a picture: what is taken, what is refused and why.

One decoder for every kind of file: two would give two answers for one picture. Its JPEG pixels are
those of OpenCV, which decoded before it (a test compares them).
"""

import io
import logging
import os
import stat
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..db.errors import ModelError
from ..indexer.pixels_type import Pixels

# By name, since Pillow would also start other programs for some (Ghostscript for EPS).
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "JPEG2000")
# A scan of 100 megapixels does not fit; 240 MB decoded do. Below the size that Pillow warns of.
MOST_PIXELS = 80_000_000
# JPEG's own limit: what is wider is made to hurt, or no picture for a square network.
MOST_SIDE = 65_535
# Smaller things are spacers, beacons and icons.
LEAST_SIDE = 16
MOST_BYTES = 1 << 30

# What Pillow raises on damaged headers and data: it promises no one kind. The first four were seen
# on 73,000 damaged files, the others it takes for damage itself.
_DAMAGED = (
    OSError,
    ValueError,
    SyntaxError,
    OverflowError,
    EOFError,
    IndexError,
    TypeError,
    struct.error,
)


class PictureError(ModelError):
    """A file that cannot be read as a picture; `reason` says why, without its name."""

    def __init__(self, path: Path, reason: str) -> None:
        self.reason = reason
        super().__init__(f"{path}: {reason}; take it out")


def read_bytes(path: Path) -> bytes:
    """Read a whole file. Raises PictureError if it is none, too large, or may not be read."""
    try:
        facts = path.stat()
        refusal = _no_file(facts)
        content = b"" if refusal else path.read_bytes()
    except OSError as error:
        raise PictureError(path, error.strerror or str(error)) from error
    if refusal:
        raise PictureError(path, refusal)
    return content


def _no_file(facts: os.stat_result) -> str:
    """Say why not to read: a pipe would wait for ever, a device never end."""
    if not stat.S_ISREG(facts.st_mode):
        return "not a file"
    return f"larger than {MOST_BYTES >> 30} GiB" if facts.st_size > MOST_BYTES else ""


def decode(content: bytes, path: Path) -> Pixels:
    """Decode a picture to `(H, W, 3) uint8` RGB, upright; of an animation, the first frame.

    What is transparent is laid on white. Raises PictureError naming `path`.
    """
    with quiet():
        return decode_aloud(content, path)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Pillow's warnings to itself, for the whole process: they name no file."""
    logger = logging.getLogger("PIL")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def decode_aloud(content: bytes, path: Path) -> Pixels:
    """Do what `decode` does, in any thread of a process that is `quiet` already."""
    if not content:
        raise PictureError(path, "an empty file")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            _refuse_size(picture.size, path)
            return _rgb(ImageOps.exif_transpose(picture), path)
    except UnidentifiedImageError as error:
        raise PictureError(
            path, f"not a picture of a kind that is read ({', '.join(FORMATS)})"
        ) from error
    except Image.DecompressionBombError as error:
        raise PictureError(path, f"more than {_million(MOST_PIXELS)} pixels") from error
    except _DAMAGED as error:
        raise PictureError(path, f"damaged ({error})") from error


def _refuse_size(size: tuple[int, int], path: Path) -> None:
    """Refuse by what the header says, before anything is decoded."""
    width, height = size
    shape = f"{width} x {height} pixels"
    if width * height > MOST_PIXELS:
        raise PictureError(path, f"{shape}, more than {_million(MOST_PIXELS)}")
    if max(size) > MOST_SIDE:
        raise PictureError(path, f"{shape}, wider or higher than {MOST_SIDE}")
    if min(size) < LEAST_SIDE:
        raise PictureError(path, f"{shape}, narrower or lower than {LEAST_SIDE}")


def _rgb(picture: Image.Image, path: Path) -> Pixels:
    if picture.mode in {"I", "F"}:
        raise PictureError(path, "32 bits a channel; save it with 8 or 16")
    if picture.mode.startswith("I;16"):
        grey = (np.asarray(picture) >> 8).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if picture.has_transparency_data:
        drawn = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn)
    return np.array(picture.convert("RGB"))


def _million(pixels: int) -> str:
    return f"{pixels // 1_000_000} million"
