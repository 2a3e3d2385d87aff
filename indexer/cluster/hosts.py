"""What a host of the cluster is asked before it gets work, and who does not fit in."""

import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ...db.errors import ClusterError, ModelError
from .. import bundle, bundle_store
from ..bundle import Bundle
from ..card import CARD_NAME

# What decides over a film's numbers: a host with another of these would give other ones.
SAME = ("filmdex", "av", "numpy", "opencv-python-headless", "onnxruntime", "onnxruntime-gpu")
MISSING = "missing"

# A bundle's files by name, the card among them.
Files = Mapping[str, bytes]


class HostLost(Exception):
    """The process that was asked is gone, or its host is; another may answer."""


@dataclass(frozen=True, slots=True)
class Host:
    """One node of the cluster as Ray lists it."""

    node_id: str
    name: str
    cpus: int
    gpus: float


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What a host says of itself; `has_bundle`: the model that was asked for is there already."""

    name: str
    versions: Mapping[str, str]
    has_bundle: bool


def here_named() -> str:
    """Name this host as people know it."""
    return socket.gethostname()


def versions_here() -> dict[str, str]:
    """Return the versions that must be the same everywhere."""
    found = {"Python": ".".join(map(str, sys.version_info[:2]))}
    for name in SAME:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = MISSING
    return found


def about(digest: str) -> HostFacts:
    """Say what this host is, and whether it has the model of this digest."""
    return HostFacts(here_named(), versions_here(), _bundle_here(digest) is not None)


def refuse_others(ours: Mapping[str, str], theirs: Sequence[HostFacts]) -> None:
    """Raise ClusterError naming every host whose versions are not ours, and in what they differ."""
    wrong = [
        f"host {one.name} has {name} {one.versions.get(name, MISSING)}, not {wanted}"
        for one in theirs
        for name, wanted in ours.items()
        # Which of the two runtimes it is, the provider tells.
        if one.versions.get(name, MISSING) != wanted and not name.startswith("onnxruntime")
    ]
    if wrong:
        raise ClusterError(
            f"{'; '.join(wrong)}: films would come to other numbers there; install the same "
            "versions on every host"
        )


def files_of(chosen: Bundle) -> Files:
    """Read a bundle's files, to be sent to hosts that do not have it."""
    return {name: (chosen.path / name).read_bytes() for name in (CARD_NAME, *chosen.card.files)}


def bundle_here(digest: str, sent: Files | None) -> Bundle:
    """Return this host's own copy of a model; if there is none, keep the one that was `sent`.

    Raises ClusterError naming this host if there is neither, or what came is not the model.
    """
    if (known := _bundle_here(digest)) is not None:
        return known
    if sent is None:
        raise ClusterError(f"host {here_named()} has lost model {digest[:12]}; start again")
    try:
        with bundle_store.receiving() as folder:
            for name, content in sent.items():
                (folder / Path(name).name).write_bytes(content)
            return bundle_store.install(_verified(folder, digest))
    except (ModelError, OSError) as error:
        # Two processes of a host, or two hosts with one home, may be sent it at the same moment.
        if (known := _bundle_here(digest)) is not None:
            return known
        raise ClusterError(f"host {here_named()} cannot take the model: {error}") from error


def _verified(folder: Path, digest: str) -> Bundle:
    received = bundle.load(folder)
    if received.digest != digest:
        raise ModelError(f"model {received.digest[:12]} came, {digest[:12]} was asked for")
    bundle.verify_files(received)
    return received


def _bundle_here(digest: str) -> Bundle | None:
    for place in (bundle.SHIPPED, bundle.installed_folder()):
        for card in sorted(place.glob(f"[!.]*/[!.]*/{CARD_NAME}")):
            try:
                known = bundle.load(card.parent)
            except ModelError:
                continue  # that one is named by `filmdex model list`
            if known.digest == digest:
                return known
    return None
