"""Model bundles on disk: found by name or path, refused unless every byte is as the card says."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs

from ..db.errors import ModelError
from ..db.records import ModelFacts, TagFacts
from .card import CARD_NAME, Card, Expert, Input, Trained, Untrained, card_digest, parse_card
from .pixels_type import Pixels

SHIPPED = Path(__file__).parent / "models"
DEFAULT = "default"
NAME_AND_VERSION = re.compile(r"[a-z0-9][a-z0-9._-]*(:[a-z0-9][a-z0-9._-]*)?\Z")
# Where `filmdex train` puts the bundle in a run's folder.
RUN_BUNDLE = "bundle"


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
                    expert=self._sight(entry.ability.graph, self.card.input.expert_framing)
                    if isinstance(entry.ability, Expert)
                    else None,
                    recalls=tuple((at.recall, at.threshold) for at in entry.ability.recalls)
                    if isinstance(entry.ability, Trained)
                    else (),
                )
                for entry in self.card.tags
            ),
            backbone=self._sight(self.card.backbone.file, self.card.input.framing),
        )

    def _sight(self, graph: str, framing: str) -> str:
        """Name what a graph says of a picture: its digest, and how pictures are brought to it."""
        brought = self.card.input
        how = f"{brought.side} {brought.colour} {brought.resize} {framing}"
        return hashlib.sha256(f"{self.card.files[graph]} {how}".encode()).hexdigest()


def installed_folder() -> Path:
    """Where bundles are kept that were pulled: `NAME/VERSION` each."""
    return platformdirs.user_data_path("filmdex") / "models"


def locate(name: str) -> Path:
    """Find a bundle's folder, by `NAME`, `NAME:VERSION`, or the path of it or of a training run.

    `default` is the newest that ships. A name goes before a folder of that name: what the
    configuration says must not depend on where one stands (`./NAME` is the folder). Raises
    ModelError if a name is none and there is no such folder either.
    """
    if NAME_AND_VERSION.match(name):
        known, _, version = name.partition(":")
        if versions := [path for path in versions_of(known) if version in ("", path.name)]:
            return versions[-1]
    if name == DEFAULT:
        raise ModelError("the default model is not in this installation; install filmdex again")
    folder = Path(name).expanduser()
    if not folder.exists():
        raise ModelError(
            f"no model {name!r}: neither a bundle's name nor a folder; "
            "`filmdex model list` shows what there is"
        )
    inside = folder / RUN_BUNDLE
    run = not (folder / CARD_NAME).is_file() and (inside / CARD_NAME).is_file()
    return inside if run else folder


def versions_of(name: str) -> list[Path]:
    """Return the folders of a name's versions, those that ship and those installed, oldest first.

    Only what ships is called `default`.
    """
    places = (SHIPPED,) if name == DEFAULT else (SHIPPED, installed_folder())
    cards = (card for place in places for card in place.glob(f"{name}/[!.]*/{CARD_NAME}"))
    return sorted((card.parent for card in cards), key=_by_version)


def _by_version(path: Path) -> list[tuple[int, str]]:
    """Order 9 before 10, and 1.2 before 1.10."""
    return [(int(part or 0), text) for part, text in re.findall(r"(\d*)([^\d]*)", path.name)]


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
