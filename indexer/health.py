"""Examining an installation, one check after another; each says what it found or what to do."""

import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from ..db.errors import FilmdexError
from .settings import Settings

RUNTIMES = (
    "onnxruntime",
    "onnxruntime-gpu",
    "onnxruntime-openvino",
    "onnxruntime-directml",
    "onnxruntime-rocm",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check came to."""

    check: str
    fit: bool
    what: str


def examine(settings: Settings) -> list[Finding]:
    """Do every check; one that fails does not keep the others from being done."""
    return [
        _finding(check, examine_one)
        for check, examine_one in (
            ("Python", _python),
            ("ONNX Runtime", lambda: one_runtime(list(installed(RUNTIMES)))),
            ("decoder", lambda: _decoder(settings)),
            ("model", lambda: _model(settings)),
            ("database", lambda: _database(settings)),
        )
    ]


def installed(packages: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield name and version of each of these packages that is installed."""
    for name in packages:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def one_runtime(found: list[tuple[str, str]]) -> str:
    """Describe the only ONNX Runtime. Raises FilmdexError if there are none or several.

    Its distributions share one folder: the second to be installed overwrites half of the first.
    """
    if not found:
        raise FilmdexError("not installed; pip install 'filmdex[cpu]' or 'filmdex[gpu]'")
    if len(found) > 1:
        names = " and ".join(name for name, _ in found)
        raise FilmdexError(
            f"{names} are both installed and overwrite each other; pip uninstall all of them, "
            "then install the one you need: 'filmdex[cpu]' or 'filmdex[gpu]'"
        )
    ((name, number),) = found
    return f"{name} {number}"


def _finding(check: str, examine_one: Callable[[], str]) -> Finding:
    try:
        return Finding(check, fit=True, what=examine_one())
    except (FilmdexError, OSError, ImportError) as error:
        return Finding(check, fit=False, what=str(error))


def _python() -> str:
    return f"{platform.python_version()} at {sys.executable}"


def _decoder(settings: Settings) -> str:
    from .selftest import decode_one_picture

    return decode_one_picture(settings)


def _model(settings: Settings) -> str:
    from . import bundle
    from .network import open_network

    chosen = bundle.load(bundle.locate(settings.model.bundle))
    network = open_network(chosen, settings.model)
    reportable = sum(tag.reportable for tag in network.facts.tags)
    return (
        f"{chosen.card.name} {chosen.card.version} verified, on {network.provider} in "
        f"{network.precision}; "
        f"reports {reportable} of {len(network.facts.tags)} tags"
    )


def _database(settings: Settings) -> str:
    from ..db import status
    from ..db.store import Store
    from .owner import lives
    from .wall import wall_clock_us

    at = settings.database.path
    with Store.open(at, roots=settings.roots.roots()) as store, store.writing() as db:
        films = status.read(db, lives, wall_clock_us()).films
    return f"{at}, writable, {films} film{'' if films == 1 else 's'}"
