"""Who is measured: each is a command on a film. One more contender is one more entry."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ...db.records import Precision
from ..cuts_method import CutMethod
from .measuring import measure

BARE = "bare"
TRANSNET = "transnet"
# The installed command, whatever the folder of its script is called.
FILMDEX = (sys.executable, "-c", "from filmdex.indexer.cli.main import main; main()")


@dataclass(frozen=True, slots=True)
class Passed:
    """What going through a film came to; `cuts_us` is none if no cuts were looked for."""

    frames: int
    seconds: float
    cuts_us: tuple[int, ...] | None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read what a program of this package printed."""
        cuts_us = document["cuts_us"]
        passed = cls(document["frames"], document["seconds"], cuts_us and tuple(cuts_us))
        if passed.seconds <= 0:
            raise ValueError(f"a film of {passed.seconds} s")
        return passed


Command = Callable[[Path, Path], list[str]]
Read = Callable[[Path, Path, str, Mapping[str, str]], Passed]


@dataclass(frozen=True, slots=True)
class Contender:
    """One way through a film. `command` and `read` are given the film and a database of its own.

    `read` finds out what came of it, unmeasured. `missing` says why it cannot run here, if it
    cannot.
    """

    name: str
    what: str
    command: Command
    read: Read
    missing: str | None = None


def _program(module: str, *arguments: str) -> Command:
    def command(film: Path, _: Path) -> list[str]:
        return [sys.executable, "-m", f"{__package__}.{module}", *arguments, str(film)]

    return command


def _seeing(precision: Precision) -> Command:
    def command(film: Path, _: Path) -> list[str]:
        # The heavy half of the program is loaded here, where nothing is measured.
        from ..bundle import load, locate
        from ..planning import decoding_orders
        from ..settings import load as load_settings

        settings = load_settings().settings
        card = load(locate(settings.model.bundle)).card
        packed = decoding_orders(card, settings, precision, films=1).pack().hex()
        return [sys.executable, "-m", f"{__package__}.seeing", packed, str(film)]

    return command


def _printed(_: Path, __: Path, out: str, ___: Mapping[str, str]) -> Passed:
    return Passed.of(json.loads(out))


def _index(*options: str) -> Command:
    def command(film: Path, database: Path) -> list[str]:
        return [*FILMDEX, "index", "--quiet", "--database", str(database), *options, str(film)]

    return command


def _stored(film: Path, database: Path, _: str, environment: Mapping[str, str]) -> Passed:
    show = [*FILMDEX, "show", "--json", "--database", str(database), str(film)]
    document = json.loads(measure(show, environment)[1])
    seconds = document["film"]["duration_us"] / 1e6
    return Passed(document["film"]["frames"], seconds, tuple(document["cuts_us"]))


def _without_transnet() -> str | None:
    known = {method.value for method in CutMethod}
    return None if TRANSNET in known else f"this filmdex has no cuts = {TRANSNET}"


CONTENDERS = {
    one.name: one
    for one in (
        Contender(
            BARE, "every frame decoded by PyAV, one thread", _program("rivals", "bare"), _printed
        ),
        Contender(
            "scene-filter",
            "FFmpeg's select='gt(scene,0.3)' through PyAV's filter graph, one decoding thread",
            _program("rivals", "scene-filter"),
            _printed,
        ),
        Contender(
            "detect-adaptive",
            "PySceneDetect as `scenedetect detect-adaptive` sets it up",
            _program("detect_adaptive"),
            _printed,
        ),
        Contender(
            "transnet",
            "filmdex index --cuts transnet: TransNetV2 on all frames",
            _index("--cuts", TRANSNET),
            _stored,
            missing=_without_transnet(),
        ),
        Contender(
            "see-keyframes",
            "filmdex's decoding child alone, keyframes",
            _seeing(Precision.KEYFRAMES),
            _printed,
        ),
        Contender(
            "see-exact",
            "filmdex's decoding child alone, every frame",
            _seeing(Precision.EXACT),
            _printed,
        ),
        Contender(
            "keyframes",
            "filmdex index --precision keyframes, networks and database included",
            _index("--precision", "keyframes"),
            _stored,
        ),
        Contender(
            "exact",
            "filmdex index, networks and database included",
            _index("--precision", "exact"),
            _stored,
        ),
    )
}
