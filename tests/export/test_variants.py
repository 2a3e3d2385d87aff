"""Each precision of a network is small, near to it, and refused when it is not."""

from pathlib import Path

import numpy as np
import onnx
import pytest

pytest.importorskip("tensorflow", reason="the export extra is not installed")

import keras
from export_networks import TAGS, backbone, logits, pictures
from filmdex.db.errors import ModelError
from filmdex.export import onnx_graphs, variants
from filmdex.export.variants import TOLERANCES, Witness
from filmdex.indexer.card import Parity
from filmdex.indexer.sessions import Provider, open_session

PRECISIONS = ("float32", "float16", "int8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every variant of the small backbone, and a head."""
    made = tmp_path_factory.mktemp("variants")
    graph = onnx_graphs.from_keras(backbone(), "embedding")
    onnx_graphs.save(graph, made / "exact.onnx")
    for precision in PRECISIONS:
        target = made / f"{precision}.onnx"
        variants.make(made / "exact.onnx", target, precision, "frames_rgb", list(pictures(16, 8)))
    onnx_graphs.save(onnx_graphs.from_keras(logits(), "probabilities"), made / "head.onnx")
    return made


def witness(folder: Path, thresholds: list[float]) -> Witness:
    frames = pictures(40, 9)
    embeddings = np.asarray(backbone().predict_on_batch(frames))
    head = open_session(folder / "head.onnx", Provider.CPU, 1)
    return Witness(frames, embeddings, head, np.array(thresholds))


@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_precision_is_near_to_keras(folder: Path, precision: str) -> None:
    found = variants.parity(folder / f"{precision}.onnx", witness(folder, [0.0] * TAGS))
    assert found.frames == 40
    variants.require(precision, found, TOLERANCES[precision])
    if precision != "float32":
        assert found.mean > 1e-6, "nothing was rounded"


@pytest.mark.parametrize("precision", PRECISIONS)
def test_runtime_and_reference_agree_on_every_precision(folder: Path, precision: str) -> None:
    # The reference computes in float16 where ONNX Runtime's CPU computes in float32.
    allowed = {"float32": 1e-5, "float16": 5e-3, "int8": 2e-2}[precision]
    onnx_graphs.require_reference(folder / f"{precision}.onnx", pictures(2), allowed)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_precision_takes_pictures_and_gives_float32(folder: Path, precision: str) -> None:
    (feed,) = onnx.load(folder / f"{precision}.onnx").graph.input
    assert feed.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert feed.type.tensor_type.shape.dim[0].dim_param == "N"
    session = open_session(folder / f"{precision}.onnx", Provider.CPU, 1)
    for count in (1, 5):
        assert session.run(pictures(count)).dtype == np.float32


def test_half_has_half_weights_behind_whole_normalisation(folder: Path) -> None:
    graph = onnx.load(folder / "float16.onnx").graph
    kinds = {constant.name: constant.data_type for constant in graph.initializer}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    weights = {kinds[node.input[1]] for node in convolutions}
    assert weights == {onnx.TensorProto.FLOAT16}
    # From the pictures to the first convolution only its own input is rounded.
    fresh, rounded = {graph.input[0].name}, []
    for node in graph.node:
        if fresh.intersection(node.input) and node.op_type != "Conv":
            fresh.update(node.output)
            casts = [a.i for a in node.attribute if a.name == "to"]
            rounded += [node.op_type] if onnx.TensorProto.FLOAT16 in casts else []
        elif node.op_type == "Conv":
            break
    assert rounded == ["Cast"]


def test_decisions_are_counted_where_they_are_made(folder: Path) -> None:
    """Worked out by hand: a threshold between two answers turns exactly those frames over."""
    whole = witness(folder, [float("nan")] * TAGS)
    session = open_session(folder / "int8.onnx", Provider.CPU, 1)
    stored = [
        whole.head.run(e.astype(np.float16).astype(np.float32)).astype(np.float16)[:, 1]
        for e in (whole.embeddings, session.run(whole.frames))
    ]
    threshold = float(np.median(stored[0]))
    turned = float(((stored[0] >= threshold) != (stored[1] >= threshold)).mean())
    one = witness(folder, [float("nan"), threshold, float("nan")])
    assert turned > 0, "choose a seed with a frame near its threshold"
    assert variants.parity(folder / "int8.onnx", one).changed_decisions == pytest.approx(turned)
    assert variants.parity(folder / "int8.onnx", whole).changed_decisions == 0.0


@pytest.mark.parametrize("what", ["largest", "mean", "changed_decisions"])
def test_what_is_over_its_tolerance_is_refused_by_name(what: str) -> None:
    near = Parity(frames=1, largest=0.0, mean=0.0, changed_decisions=0.0)
    variants.require("x", near, TOLERANCES["int8"])
    far = near.model_copy(update={what: getattr(TOLERANCES["int8"], what) * 1.01})
    with pytest.raises(ModelError, match=f"x: {what.replace('_', ' ')} .* leave this precision"):
        variants.require("x", far, TOLERANCES["int8"])


def test_another_network_is_told_from_this_one(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    onnx_graphs.save(onnx_graphs.from_keras(backbone(seed=99), "embedding"), other)
    found = variants.parity(other, witness(folder, [0.0] * TAGS))
    with pytest.raises(ModelError, match="largest"):
        variants.require("other", found, TOLERANCES["int8"])


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "side"),
    [("InceptionV3", 75), ("ResNet50", 32), ("MobileNetV3Small", 32)],
)
def test_real_networks_at_reduced_size(name: str, side: int, tmp_path: Path) -> None:
    """With random weights: Keras, ONNX Runtime and the reference say the same of two pictures."""
    keras.utils.set_random_seed(1)
    body = getattr(keras.applications, name)(
        weights=None, include_top=False, pooling="avg", input_shape=(side, side, 3)
    )
    frames = keras.Input((side, side, 3), dtype="uint8", name="frames_rgb")
    model = keras.Model(frames, body(keras.layers.Rescaling(1 / 128, offset=-1.0)(frames)))
    graph = onnx_graphs.from_keras(model, "embedding")
    onnx_graphs.pool_after_projection(graph)
    onnx_graphs.save(graph, tmp_path / "exact.onnx")
    shown = np.stack([np.resize(one, (side, side, 3)) for one in pictures(2)])
    head = open_session(_head(body.output_shape[1], tmp_path), Provider.CPU, 1)
    embeddings = np.asarray(model.predict_on_batch(shown))
    seen = Witness(shown, embeddings, head, np.full(TAGS, np.nan))
    for precision in ("float32", "float16"):
        target = tmp_path / f"{precision}.onnx"
        variants.make(tmp_path / "exact.onnx", target, precision, "frames_rgb", list(shown))
        variants.require(precision, variants.parity(target, seen), TOLERANCES[precision])
    onnx_graphs.require_reference(tmp_path / "float32.onnx", shown, 1e-4)


def _head(width: int, folder: Path) -> Path:
    onnx_graphs.save(
        onnx_graphs.from_keras(logits(width=width), "probabilities"), folder / "h.onnx"
    )
    return folder / "h.onnx"
