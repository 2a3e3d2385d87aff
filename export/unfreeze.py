"""How much of a network is trained further: its last block, its last N blocks, or all of it."""

from ..db.errors import ModelError
from .backbones import Network

LAST_BLOCK, ALL = "last-block", "all"


def parse(text: str) -> str | int:
    """Read `last-block`, `all` or a number of blocks. Raises ModelError."""
    if text in (LAST_BLOCK, ALL):
        return text
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise ModelError(f"cannot unfreeze {text!r}; write {LAST_BLOCK}, {ALL} or a number of blocks")


def frozen_until(network: Network, unfreeze: str | int) -> str | None:
    """Return the last block that stays as it is, none if all are trained.

    Raises ModelError if the network has fewer blocks.
    """
    if unfreeze == ALL:
        return None
    count = 1 if unfreeze == LAST_BLOCK else int(unfreeze)
    if count >= len(network.blocks):
        raise ModelError(
            f"{network.backbone.name} has {len(network.blocks)} blocks; to train all of them "
            f"write {ALL}"
        )
    return network.blocks[-1 - count].name
