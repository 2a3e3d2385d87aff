"""Bundles that are installed for good: which there are, and putting one there."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..db.errors import ModelError
from . import bundle
from .beside import beside
from .bundle import Bundle
from .card import CARD_NAME


class Origin(StrEnum):
    """How a bundle came to be where it is."""

    SHIPPED = "shipped"
    INSTALLED = "installed"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Listed:
    """One bundle that can be used by its name, or that is in use by its path."""

    bundle: Bundle
    origin: Origin
    in_use: bool


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A folder in the store whose card cannot be read; it is named, and no obstacle."""

    path: Path
    reason: str


def listed(in_use: str) -> list[Listed | Unreadable]:
    """List what ships, what is installed, and what the configuration names (`in_use`) besides."""
    used = _used(in_use)
    found: list[Listed | Unreadable] = []
    for place, origin in (
        (bundle.SHIPPED, Origin.SHIPPED),
        (bundle.installed_folder(), Origin.INSTALLED),
    ):
        paths = sorted(card.parent for card in place.glob(f"[!.]*/[!.]*/{CARD_NAME}"))
        found += [_listed(path, origin, in_use=path.resolve() == used) for path in paths]
    if used and not any(isinstance(one, Listed) and one.in_use for one in found):
        found.append(_listed(used, Origin.FOLDER, in_use=True))
    return found


def _used(name: str) -> Path | None:
    try:
        return bundle.locate(name).resolve()
    except ModelError:
        return None  # the list is what one looks at then


def _listed(path: Path, origin: Origin, *, in_use: bool) -> Listed | Unreadable:
    try:
        return Listed(bundle.load(path), origin, in_use)
    except ModelError as error:
        return Unreadable(path, str(error))


def name_of(chosen: Bundle) -> str:
    """Return what to write into a configuration for a bundle: a name if it has one, else its path.

    The version belongs to it, so that installing a newer one changes nothing by itself; only
    `default` goes with the program.
    """
    path = chosen.path.resolve()
    if path == bundle.locate(bundle.DEFAULT).resolve():
        return bundle.DEFAULT
    for place in (bundle.SHIPPED, bundle.installed_folder()):
        if path.parent.parent == place.resolve():
            return f"{path.parent.name}:{path.name}"
    return str(path)


def installed_path(card_name: str, version: str) -> Path:
    """Return where a bundle goes. Raises ModelError for the name of the model that ships."""
    if card_name == bundle.DEFAULT:
        raise ModelError(f"{card_name!r} is the model that ships; a bundle needs a name of its own")
    return bundle.installed_folder() / card_name / version


@contextmanager
def receiving() -> Iterator[Path]:
    """Give an empty folder on the store's own disk, which is gone afterwards."""
    store = bundle.installed_folder()
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".receiving-", dir=store) as folder:
        yield Path(folder)


def install(received: Bundle) -> Bundle:
    """Put a verified bundle into the store and return it there; one that is there already is left.

    Raises ModelError if another bundle has its name and version.
    """
    card = received.card
    place = installed_path(card.name, card.version)
    if place.exists():
        there = bundle.load(place)
        if there.digest != received.digest:
            raise ModelError(
                f"{place} is another model of the same name and version ({there.digest[:12]}, "
                f"not {received.digest[:12]}); remove that folder to take this one"
            )
        return there
    with beside(place) as folder:
        for name in (CARD_NAME, *card.files):
            shutil.copyfile(received.path / name, folder / name)
    return bundle.load(place)
