"""A bundle's folder, written beside its place and renamed: it is there whole, or not at all."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..db.errors import ModelError
from ..indexer.card import CARD_NAME, Card


@contextmanager
def beside(output: Path) -> Iterator[Path]:
    """Give an empty folder that becomes `output` if all goes well, and is removed if not.

    Raises ModelError if `output` is there already.
    """
    if output.exists():
        raise ModelError(f"{output} exists already; name another folder, or remove it")
    partial = output.with_name(f".{output.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        partial.rename(output)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file but the card, by name."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.name != CARD_NAME
    }


def write_card(card: Card, folder: Path) -> None:
    """Write `model.json`."""
    (folder / CARD_NAME).write_text(card.dumps(), encoding="utf-8")
