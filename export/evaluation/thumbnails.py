"""Pictures small enough to stand inside a page."""

import base64
from pathlib import Path

import cv2

from ...indexer.pixels_type import Pixels
from ..picture_files import decode

HEIGHT, WIDEST, QUALITY = 108, 220, 72


def data_uri(picture: Pixels) -> str:
    """Return `(H, W, 3) uint8` RGB as a `data:` address of a JPEG, never larger than it was."""
    height, width = picture.shape[:2]
    scale = min(HEIGHT / height, WIDEST / width, 1.0)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    written, packed = cv2.imencode(".jpg", small[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not written:
        raise ValueError(f"a picture of {width} x {height} cannot be written as JPEG")
    return "data:image/jpeg;base64," + base64.b64encode(packed.tobytes()).decode("ascii")


def of_file(path: Path) -> str:
    """Read a picture file as a `data:` address. Raises ModelError naming it if it is none."""
    return data_uri(decode(path.read_bytes(), path))
