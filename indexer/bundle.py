"""Model bundles on disk: found by name or path, refused unless every byte is as the card says."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..db.errors import ModelError
from ..db.records import ModelFacts, TagFacts
from .card import CARD_NAME, Card, Input, Untrained, card_digest, parse_card
from .pixels_type import Pixels

SHIPPED = Path(__file__).parent / "models"
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder with a card that could be read; `digest` names the model everywhere."""

    path: Path
    card: Card
    digest: str

    @property
    def facts(self) -> ModelFacts:
        """What the database keeps of the model."""
        return ModelFacts(
            digest=self.digest,
            name=self.card.name,
            version=self.card.version,
            tags=tuple(
                TagFacts(
                    tag=entry.tag,
                    slug=entry.slug,
                    group=entry.group,
                    status=entry.ability.status,
                    threshold=None
                    if isinstance(entry.ability, Untrained)
                    else entry.ability.threshold,
                )
                for entry in self.card.tags
            ),
        )


def locate(name: str) -> Path:
    """Find the folder of a bundle: `default` is the newest that ships, anything else a path.

    Raises ModelError if there is none.
    """
    if name != DEFAULT:
        return Path(name).expanduser()
    versions = sorted(
        (path.parent for path in SHIPPED.glob(f"{DEFAULT}/*/{CARD_NAME}")),
        key=lambda path: [int(part) for part in path.name.split(".")],
    )
    if not versions:
        raise ModelError("the default model is not in this installation; install filmdex again")
    return versions[-1]


def load(path: Path) -> Bundle:
    """Read a bundle's card. Raises ModelError if there is none or it cannot be."""
    try:
        text = (path / CARD_NAME).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: no model bundle here ({CARD_NAME}: {error})") from error
    return Bundle(path, parse_card(text, path / CARD_NAME), card_digest(text))


def verify_files(bundle: Bundle) -> None:
    """Compare every file with its SHA-256 in the card. Raises ModelError naming the first."""
    for name, expected in bundle.card.files.items():
        try:
            with (bundle.path / name).open("rb") as file:
                got = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelError(f"{bundle.path / name}: {error.strerror}") from error
        if got != expected:
            raise ModelError(
                f"{bundle.path / name} is not the file of {bundle.card.name} "
                f"{bundle.card.version}: SHA-256 {got[:12]}…, the card says {expected[:12]}…"
            )


def golden_input(size: Input) -> Pixels:
    """Return two pictures that every machine makes alike: `(2, side, side, 3) uint8`.

    A smooth slope with a disc on it, and blocks of scattered colours: integer arithmetic only.
    """
    side = size.side
    y, x = np.mgrid[0:side, 0:side]
    channel = np.arange(3)
    slope = (x[..., None] * (2 + channel) + y[..., None] * (4 - channel)) // 8
    inside = (x - side // 2) ** 2 + (y - side // 2) ** 2 < (side // 4) ** 2
    disc = np.where(inside[..., None], 255 - slope, slope)
    blocks = (x[..., None] // 16 * 73 + y[..., None] // 16 * 151 + channel * 67) ** 2 // 7
    return np.stack([disc % 256, blocks % 256]).astype(np.uint8)
