"""A bundle from its parts: graphs, what was found out about each tag, and where it all is from.

Read `write_bundle` from the top. Its steps (`bundle_graphs.py`) can be used by themselves where a
bundle is built in another order.
"""

import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..indexer import bundle
from ..indexer.beside import beside
from ..indexer.card import Card, Expert, Golden
from ..indexer.network import Network
from ..indexer.sessions import Provider
from . import onnx_graphs
from .bundle_files import digests, write_card
from .bundle_graphs import (
    GOLDEN_TOLERANCE,
    HEAD,
    Say,
    session_on_cpu,
    write_backbone,
    write_head,
    write_single,
)
from .features import embed
from .parts import Parts

PACKAGES = ("keras", "numpy", "onnx", "onnxruntime", "scikit-learn", "tensorflow-cpu", "tf2onnx")


def write_bundle(output: Path, parts: Parts, say: Say, *, replacing: bool = False) -> Card:
    """Write a whole bundle in the folder `output`, open it, and return its card.

    replacing: a bundle that is there makes way for a whole one. If anything fails, all is as it
    was. Raises ModelError if a graph is not faithful, and OSError
    naming `output` if it cannot be written.
    """
    with beside(output, replacing=replacing) as folder:
        say("head")
        head = write_head(folder / HEAD, parts)
        say("backbone")
        default, measured = write_backbone(folder, parts, say)
        for expert in parts.experts:
            shutil.copyfile(expert.path, folder / expert.graph.file)
        for name, text in parts.notices.items():
            (folder / name).write_text(text, encoding="utf-8")
        single = write_single(folder, parts, default) if parts.single else None
        say("golden input")
        answers = {
            variant.file: golden_answer(folder, variant.file, parts) for variant in measured
        } | {default.file: golden_answer(folder, default.file, parts)}
        golden = np.round(answers[default.file], 4)
        card = Card(
            format=1,
            name=parts.identity.name,
            version=parts.identity.version,
            description=parts.identity.description,
            input=parts.input,
            embedding_width=parts.logits.inputs[0].shape[1],
            backbone=default,
            head=head,
            experts=tuple(expert.graph for expert in parts.experts),
            tags=parts.tags,
            golden=Golden(
                probabilities=tuple(map(tuple, golden.tolist())), tolerance=GOLDEN_TOLERANCE
            ),
            files=digests(folder),
            training=dict(parts.training),
            data_set=parts.data_set,
            measurements=dict(parts.measurements),
            versions=versions(),
            opset=onnx_graphs.OPSET,
            variants=tuple(
                one.model_copy(update={"golden_tolerance": _allowed(answers[one.file], golden)})
                for one in measured
            ),
            single=single,
        )
        write_card(card, folder)
        written = bundle.load(folder)
        for precision in written.card.precisions:
            Network.open(written, Provider.CPU, 0, precision)
    return card


def golden_answer(folder: Path, backbone: str, parts: Parts) -> npt.NDArray[np.float64]:
    """Ask the graphs the golden question, with one of the backbones: `(N, T)`."""
    asked = bundle.golden_input(parts.input)
    answer = session_on_cpu(folder / HEAD).run(embed(folder / backbone, asked)).astype(np.float64)
    for column, entry in enumerate(parts.tags):
        if isinstance(entry.ability, Expert):
            answer[:, column] = session_on_cpu(folder / entry.ability.graph).run(asked)[:, 0]
    return answer


def versions() -> dict[str, str]:
    """Name what a bundle was made with."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # TensorFlow comes under more than one name
    return found


def _allowed(answer: npt.NDArray[np.float64], golden: npt.NDArray[np.float64]) -> float:
    """Return what a variant's golden answer may differ from the card's: what it does, and more."""
    return round(float(np.abs(answer - golden).max()) + GOLDEN_TOLERANCE, 4)
