"""The graphs of a bundle: written, described, and each held against what it was made from."""

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import onnx

from ..db.errors import ModelError
from ..indexer import bundle
from ..indexer.bundle import Bundle
from ..indexer.card import Calibration, Graph, GraphPrecision, TagCard, Trained, Variant
from ..indexer.pixels_type import Pixels
from ..indexer.sessions import Provider, Session, open_session
from . import onnx_graphs, variants
from .calibrated_graph import calibrated
from .features import BATCH, embed
from .parts import BorrowedBackbone, Identity, Origin, Parts, TrainedBackbone
from .variants import TOLERANCES, Witness

Floats = npt.NDArray[np.float32]
Say = Callable[[str], None]

BACKBONE, HEAD, SINGLE = "backbone.onnx", "head.onnx", "model.onnx"
# In probability: what a graph may differ from Keras, and one graph from the two it is made of.
HEAD_TO_ONNX = 1e-4
# A runtime that fuses across the seam of two graphs rounds half floats in other places.
SINGLE_TO_TWO: dict[GraphPrecision, float] = {"float32": 1e-4, "float16": 1e-2, "int8": 1e-4}
# In probability, between machines and providers; a variant may besides differ by what it does here.
GOLDEN_TOLERANCE = 0.03


def write_head(target: Path, parts: Parts) -> Graph:
    """Write the calibrated head, checked against Keras."""
    model = calibrated(parts.logits, calibrations(parts.tags))
    graph = onnx_graphs.from_keras(model, "probabilities")
    _describe(graph, parts.identity, parts.head_origin, "float32", decisions(parts.tags))
    onnx_graphs.save(graph, target)
    rng = np.random.default_rng(0)
    embeddings = rng.random((64, parts.logits.inputs[0].shape[1]), np.float32)
    expected = np.asarray(model.predict_on_batch(embeddings))
    _require_near(target.name, expected, session_on_cpu(target).run(embeddings), HEAD_TO_ONNX)
    return _graph(target.name, parts.head_origin, "float32")


def write_backbone(folder: Path, parts: Parts, say: Say) -> tuple[Graph, tuple[Variant, ...]]:
    """Write the backbone in each precision, measured; return the default and what was measured.

    `head.onnx` must be there. Raises ModelError if a precision is over its tolerance.
    """
    match parts.backbone:
        case TrainedBackbone() as trained:
            with tempfile.TemporaryDirectory() as scratch:
                exact = Path(scratch) / BACKBONE
                feed = _convert(trained, exact)
                for precision in trained.precisions:
                    say(f"backbone: {precision}")
                    target = folder / _file(precision, trained.precisions[0])
                    variants.make(exact, target, precision, feed, list(trained.ranges))
                    model = onnx.load(target)
                    _describe(model, parts.identity, trained.origin, precision, {})
                    onnx_graphs.save(model, target)
            default = _graph(BACKBONE, trained.origin, trained.precisions[0])
            files = {_file(p, default.precision): p for p in trained.precisions}
            return default, _measured(folder, files, _by_keras(trained.model, parts.frames), parts)
        case BorrowedBackbone(lender):
            return _borrow(folder, lender, parts)


def _borrow(folder: Path, lender: Bundle, parts: Parts) -> tuple[Graph, tuple[Variant, ...]]:
    """Copy a bundle's backbones; measure them with the new head against its float32 graph.

    What the lender has measured of that graph is kept. Without one there is nothing to measure
    against, and only the default is taken.
    """
    card = lender.card
    exact = [variant for variant in card.variants if variant.precision == "float32"]
    taken = {card.backbone_in(p)[0]: p for p in (card.precisions if exact else card.precisions[:1])}
    for file in taken:
        shutil.copyfile(lender.path / file, folder / file)
    if not exact:
        return card.backbone, ()
    others = {file: precision for file, precision in taken.items() if precision != "float32"}
    witnessed = _by_onnx(lender.path / exact[0].file, parts.frames)
    return card.backbone, (*exact, *_measured(folder, others, witnessed, parts))


def write_single(folder: Path, parts: Parts, default: Graph) -> Graph:
    """Write backbone and head as one graph, checked against running the two."""
    model = onnx_graphs.joined(onnx.load(folder / default.file), onnx.load(folder / HEAD))
    origin = Origin(
        f"{default.source}; {parts.head_origin.source}",
        " AND ".join(dict.fromkeys((default.licence, parts.head_origin.licence))),
    )
    _describe(model, parts.identity, origin, default.precision, decisions(parts.tags))
    onnx_graphs.save(model, folder / SINGLE)
    asked = bundle.golden_input(parts.input)
    two = session_on_cpu(folder / HEAD).run(embed(folder / default.file, asked))
    one = session_on_cpu(folder / SINGLE).run(asked)
    _require_near(SINGLE, two, one, SINGLE_TO_TWO[default.precision])
    return _graph(SINGLE, origin, default.precision)


def calibrations(tags: Sequence[TagCard]) -> list[Calibration | None]:
    """Return each tag's calibration, None for what the head does not report."""
    return [
        entry.ability.calibration if isinstance(entry.ability, Trained) else None for entry in tags
    ]


def decisions(tags: Sequence[TagCard]) -> dict[str, str]:
    """Say what a head's columns mean, for its `metadata_props`."""
    thresholds = (
        str(entry.ability.threshold) if isinstance(entry.ability, Trained) else "" for entry in tags
    )
    return {
        "tags": "\n".join(entry.tag for entry in tags),
        "thresholds": "\n".join(thresholds),
    }


def _convert(trained: TrainedBackbone, target: Path) -> str:
    graph = onnx_graphs.from_keras(trained.model, "embedding")
    onnx_graphs.pool_after_projection(graph)
    onnx_graphs.save(graph, target)
    feed: str = graph.graph.input[0].name
    return feed


def _measured(
    folder: Path, files: Mapping[str, GraphPrecision], embeddings: Floats, parts: Parts
) -> tuple[Variant, ...]:
    """Measure each file against what the trained network made of the frames."""
    thresholds = np.array(
        [e.ability.threshold if isinstance(e.ability, Trained) else np.nan for e in parts.tags]
    )
    witness = Witness(parts.frames, embeddings, session_on_cpu(folder / HEAD), thresholds)
    found = []
    for file, precision in files.items():
        parity = variants.parity(folder / file, witness)
        variants.require(file, parity, TOLERANCES[precision])
        found.append(
            Variant(
                file=file,
                precision=precision,
                parity=parity,
                tolerance=TOLERANCES[precision],
                golden_tolerance=GOLDEN_TOLERANCE,
            )
        )
    return tuple(found)


def _by_keras(model: keras.Model, frames: Pixels) -> Floats:
    starts = range(0, len(frames), BATCH)
    return np.concatenate(
        [np.asarray(model.predict_on_batch(frames[n : n + BATCH])) for n in starts]
    )


def _by_onnx(path: Path, frames: Pixels) -> Floats:
    session, starts = session_on_cpu(path), range(0, len(frames), BATCH)
    return np.concatenate([session.run(frames[n : n + BATCH]) for n in starts])


def _file(precision: GraphPrecision, default: GraphPrecision) -> str:
    return BACKBONE if precision == default else f"backbone-{precision}.onnx"


def _require_near(name: str, expected: Floats, got: Floats, tolerance: float) -> None:
    worst = float(np.abs(expected - got).max())
    if not worst <= tolerance:
        raise ModelError(f"{name}: {worst:.2e} off, {tolerance:.0e} is allowed; do not ship this")


def _graph(file: str, origin: Origin, precision: GraphPrecision) -> Graph:
    return Graph(file=file, source=origin.source, licence=origin.licence, precision=precision)


def _describe(
    model: onnx.ModelProto,
    identity: Identity,
    origin: Origin,
    precision: GraphPrecision,
    more: dict[str, str],
) -> None:
    own = {
        "model": f"{identity.name} {identity.version}",
        "source": origin.source,
        "licence": origin.licence,
        "precision": precision,
    }
    onnx_graphs.describe(model, {f"filmdex.{key}": text for key, text in (own | more).items()})


def session_on_cpu(path: Path) -> Session:
    """Open a graph on the CPU, which is there wherever a bundle is built."""
    return open_session(path, Provider.CPU, 0)
