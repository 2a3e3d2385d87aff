"""Bringing a bundle here from a URL or a model hub, and refusing all that is not the one meant.

A bundle is named by its digest, the SHA-256 of its card, which holds the digest of every other
file: one number from somebody trusted pins all of it, wherever the bytes come from.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from ..db.errors import ModelError
from . import bundle
from .bundle import Bundle
from .bundle_store import install, installed_path, receiving
from .card import CARD_NAME
from .fetch import fetch, require_allowed
from .unpack import MOST_FILES, SUFFIXES, unpack

__all__ = ["Archive", "Folder", "Limits", "install", "received", "source"]

HUB = "https://huggingface.co"
HUB_ID = re.compile(r"(?P<repository>\w[\w.-]*/\w[\w.-]*)(@(?P<revision>[\w./-]+))?\Z", re.ASCII)
SHA256 = re.compile(r"[0-9a-f]{64}\Z")

# Is told what is being fetched, how many bytes of it are here, and of how many (-1: unknown).
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a bundle may weigh."""

    card_bytes: int = 16 * 2**20
    all_bytes: int = 4 * 2**30


@dataclass(frozen=True, slots=True)
class Archive:
    """A bundle in one file."""

    url: str
    kind: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A bundle in files of its own under a URL that ends in a slash."""

    url: str


def source(text: str, hub: str = HUB) -> Archive | Folder:
    """Tell what is meant by a URL or a hub's `owner/name[@revision]`.

    Raises ModelError if it is neither, or a URL that is not asked for.
    """
    if found := HUB_ID.match(text):
        repository, revision = found["repository"], found["revision"] or "main"
        return Folder(f"{hub}/{repository}/resolve/{quote(revision, safe='')}/")
    if "://" not in text:
        raise ModelError(f"{text!r} is neither a URL nor a hub's owner/name[@revision]")
    require_allowed(text)
    path = urlsplit(text).path
    for kind in SUFFIXES:
        if path.endswith(kind):
            return Archive(text, kind)
    if path.endswith(f"/{CARD_NAME}"):
        return Folder(urljoin(text, "."))
    return Folder(text if path.endswith("/") else f"{text}/")


@contextmanager
def received(
    wanted: Archive | Folder, sha256: str | None, limits: Limits, tell: Tell
) -> Iterator[Bundle]:
    """Give a bundle as it came, every file as its card says; it is gone afterwards.

    sha256: the digest that the card must have; None trusts whatever comes. `install` is for keeping
    it. Raises ModelError or OSError.
    """
    if sha256 is not None and not SHA256.match(sha256):
        raise ModelError(f"{sha256!r} is no SHA-256: 64 digits of 0-9 and a-f")
    with receiving() as folder:
        match wanted:
            case Archive(url, kind):
                _receive_archive(url, kind, folder, limits, tell)
                arrived = _pinned(bundle.load(folder), wanted, sha256)
            case Folder(url):
                fetch(urljoin(url, CARD_NAME), folder / CARD_NAME, limits.card_bytes)
                arrived = _pinned(bundle.load(folder), wanted, sha256)
                _receive_files(url, arrived, limits, tell)
        bundle.verify_files(arrived)
        yield arrived


def _pinned(received: Bundle, wanted: Archive | Folder, sha256: str | None) -> Bundle:
    """Refuse a card that is not the one meant, before its files are asked for."""
    if sha256 is not None and received.digest != sha256:
        raise ModelError(
            f"{wanted.url}: the card's SHA-256 is {received.digest}, not {sha256}: "
            "this is not the model that was meant; nothing was installed"
        )
    installed_path(received.card.name, received.card.version)  # a name that cannot be is no work
    return received


def _receive_archive(url: str, kind: str, folder: Path, limits: Limits, tell: Tell) -> None:
    packed = folder.with_name(f"{folder.name}{kind}")
    try:
        fetch(url, packed, limits.all_bytes, partial(tell, url))
        unpack(packed, kind, folder, limits.all_bytes)
    finally:
        packed.unlink(missing_ok=True)


def _receive_files(url: str, received: Bundle, limits: Limits, tell: Tell) -> None:
    names = sorted(received.card.files)
    if len(names) > MOST_FILES:
        raise ModelError(f"{url}: {len(names)} files, more than {MOST_FILES}")
    left = limits.all_bytes
    for name in names:
        fetch(urljoin(url, quote(name)), received.path / name, left, partial(tell, name))
        left -= (received.path / name).stat().st_size
