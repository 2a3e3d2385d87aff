"""The files of a bundle's folder, which is written beside its place and renamed."""

import hashlib
from pathlib import Path

from ..indexer.card import CARD_NAME, Card


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
