"""Files as pictures: the same pixels whoever decodes them, and a reason for what is refused."""

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn import drawing
from filmdex.export import picture_files
from filmdex.export.picture_files import PictureError, decode, read_bytes
from filmdex.indexer.pixels_type import Pixels
from PIL import Image

HERE = Path("here")


def stored(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def by_opencv(content: bytes) -> Pixels:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """Write a PNG by its specification, so that its header may say anything."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def turned() -> bytes:
    picture = drawing(1)
    exif = picture.getexif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    return stored(picture, "JPEG", exif=exif)


SAME = {
    "baseline": lambda: stored(drawing(1, (101, 67)), "JPEG", quality=75),
    "progressive": lambda: stored(drawing(2), "JPEG", quality=30, progressive=True),
    "444": lambda: stored(drawing(3), "JPEG", subsampling=0, quality=95),
    "grey JPEG": lambda: stored(drawing(4).convert("L"), "JPEG"),
    "PNG": lambda: stored(drawing(5), "PNG"),
    "grey PNG": lambda: stored(drawing(6).convert("L"), "PNG"),
    "palette": lambda: stored(drawing(7).quantize(32), "PNG"),
    "bilevel": lambda: stored(drawing(8).convert("1"), "PNG"),
    "turned by EXIF": turned,
    "16 bit grey": lambda: stored(
        Image.fromarray(np.arange(32 * 32, dtype=np.uint16).reshape(32, 32) * 64), "PNG"
    ),
    "16 bit colour": lambda: png(
        20, 20, 16, 2, b"".join(b"\0" + bytes((r * x) % 256 for x in range(120)) for r in range(20))
    ),
}


@pytest.mark.parametrize("kind", SAME)
def test_pixels_are_those_of_opencv(kind: str) -> None:
    content = SAME[kind]()
    found = decode(content, HERE)
    assert found.dtype == np.uint8
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found, by_opencv(content))


def test_a_picture_is_upright() -> None:
    assert decode(turned(), HERE).shape == (90, 60, 3)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_of_an_animation_the_first_frame_is_seen(kind: str) -> None:
    red, blue = (Image.new("RGB", (32, 32), colour) for colour in ("red", "blue"))
    found = decode(stored(red, kind, save_all=True, append_images=[blue]), HERE)
    np.testing.assert_allclose(found, np.broadcast_to((255, 0, 0), (32, 32, 3)), atol=4)


def test_cmyk_becomes_its_colours() -> None:
    cyan = Image.new("CMYK", (32, 32), (255, 0, 0, 0))
    found = decode(stored(cyan, "JPEG", quality=95), HERE)
    np.testing.assert_allclose(found, np.broadcast_to((0, 255, 255), (32, 32, 3)), atol=4)


@pytest.mark.parametrize("mode", ["RGBA", "P", "LA"])
def test_what_is_transparent_is_white(mode: str) -> None:
    drawn = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    drawn.paste((0, 0, 0, 255), (0, 0, 16, 32))
    found = decode(stored(drawn.convert(mode), "PNG"), HERE)
    assert (found[:, :16] == 0).all()
    assert (found[:, 16:] == 255).all()


def truncated() -> bytes:
    whole = stored(drawing(1), "JPEG")
    return whole[: len(whole) // 2]


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "an empty file"),
    "text": (lambda: b"A shopping list\n" * 9, r"not a picture of a kind that is read \(JPEG, PNG"),
    "program": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    "one pixel": (lambda: stored(Image.new("RGB", (1, 1)), "PNG"), "1 x 1 pixels, narrower or"),
    "bomb": (lambda: png(1_000_000, 1_000_000, 8, 2, b""), "more than 80 million"),
    "large": (lambda: png(10_000, 10_000, 8, 2, b""), "10000 x 10000 pixels, more than 80 million"),
    "wide": (lambda: png(1_000_000, 20, 8, 0, b""), "1000000 x 20 pixels, wider or higher than"),
    "truncated": (truncated, "damaged"),
    "broken": (lambda: png(40, 40, 8, 2, b"\0" * 99), "damaged"),
    "float": (lambda: stored(Image.new("F", (32, 32)), "TIFF"), "32 bits a channel"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_says_why(kind: str) -> None:
    content, reason = REFUSED[kind]
    with pytest.raises(PictureError, match=reason) as refused:
        decode(content(), HERE)
    assert str(refused.value).startswith("here: ")


def test_damage_anywhere_is_a_refusal_or_a_picture() -> None:
    """Whatever kind of error Pillow raises: thousands of damaged files end no reading."""
    rng = np.random.default_rng(3)
    kinds = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "JPEG2000")
    ended = set()
    for kind in kinds:
        whole = np.frombuffer(stored(drawing(1, (40, 24)), kind), np.uint8)
        for _ in range(150):
            bad = whole[: rng.choice([len(whole), rng.integers(1, len(whole))])].copy()
            bad[rng.integers(0, min(len(bad), 200))] = rng.integers(0, 256)
            try:
                assert decode(bad.tobytes(), HERE).ndim == 3
                ended.add("picture")
            except PictureError:
                ended.add("refusal")
    assert ended == {"picture", "refusal"}


def test_only_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, reason in (("pipe", "not a file"), ("gone", "No such file"), (".", "not a file")):
        with pytest.raises(PictureError, match=reason):
            read_bytes(tmp_path / name)


def test_a_file_may_be_too_large(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(picture_files.MOST_BYTES + 1)  # sparse: takes no room
    with pytest.raises(PictureError, match="larger than 1 GiB"):
        read_bytes(tmp_path / "large")
