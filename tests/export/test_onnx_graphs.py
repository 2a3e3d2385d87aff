"""Exported graphs say what Keras says, by ONNX Runtime and by ONNX's own reference."""

import logging
from pathlib import Path

import numpy as np
import onnx
import pytest

pytest.importorskip("tensorflow", reason="the export extra is not installed")

import keras
from export_networks import SIDE, TAGS, WIDTH, backbone, logits, pictures
from filmdex.db.errors import ModelError
from filmdex.export import onnx_graphs
from filmdex.indexer.sessions import Provider, open_session


@pytest.fixture(scope="module")
def graph() -> onnx.ModelProto:
    return onnx_graphs.from_keras(backbone(), "embedding")


def saved(model: onnx.ModelProto, path: Path) -> Path:
    onnx_graphs.save(model, path)
    return path


def answer(path: Path, batch: np.ndarray) -> np.ndarray:
    return open_session(path, Provider.CPU, 1).run(batch)


def test_input_and_output_are_as_the_indexer_needs_them(graph: onnx.ModelProto) -> None:
    (feed,), (result,) = graph.graph.input, graph.graph.output
    assert feed.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert [dim.dim_param or dim.dim_value for dim in feed.type.tensor_type.shape.dim] == [
        "N",
        SIDE,
        SIDE,
        3,
    ]
    assert (result.name, result.type.tensor_type.shape.dim[0].dim_param) == ("embedding", "N")
    assert [one.version for one in graph.opset_import if not one.domain] == [onnx_graphs.OPSET]


def test_keras_runtime_and_reference_agree(graph: onnx.ModelProto, tmp_path: Path) -> None:
    path = saved(graph, tmp_path / "backbone.onnx")
    for count in (1, 3):
        expected = np.asarray(backbone().predict_on_batch(pictures(count)))
        assert answer(path, pictures(count)) == pytest.approx(expected, abs=1e-5)
    assert onnx_graphs.require_reference(path, pictures(2), 1e-5) < 1e-5


def test_a_graph_that_the_reference_reads_otherwise_is_refused(
    graph: onnx.ModelProto, tmp_path: Path
) -> None:
    path = saved(graph, tmp_path / "backbone.onnx")
    with pytest.raises(ModelError, match=r"backbone\.onnx, by the reference: .* off"):
        onnx_graphs.require_reference(path, pictures(2), 0.0)


def test_pooling_moves_behind_the_projection_and_nothing_changes(
    graph: onnx.ModelProto, tmp_path: Path
) -> None:
    before = answer(saved(graph, tmp_path / "before.onnx"), pictures(4))
    moved = onnx.ModelProto()
    moved.CopyFrom(graph)
    assert onnx_graphs.pool_after_projection(moved) == 1
    assert answer(saved(moved, tmp_path / "after.onnx"), pictures(4)) == pytest.approx(
        before, abs=1e-5
    )


def test_one_graph_of_two_says_what_the_two_say(graph: onnx.ModelProto, tmp_path: Path) -> None:
    head = onnx_graphs.from_keras(logits(), "probabilities")
    whole = onnx_graphs.joined(graph, head)
    embeddings = answer(saved(graph, tmp_path / "backbone.onnx"), pictures(5))
    stored = embeddings.astype(np.float16).astype(np.float32)
    assert (stored != embeddings).any()
    two = answer(saved(head, tmp_path / "head.onnx"), stored)
    path = saved(whole, tmp_path / "model.onnx")
    assert answer(path, pictures(5)) == pytest.approx(two, abs=1e-6)
    assert [value.name for value in whole.graph.input] == ["frames_rgb"]
    assert [value.name for value in whole.graph.output] == ["probabilities"]
    assert onnx_graphs.require_reference(path, pictures(2), 1e-3) < 1e-3
    # The two are as they were.
    assert [value.name for value in graph.graph.output] == ["embedding"]


def test_two_that_do_not_fit_do_not_make_one(graph: onnx.ModelProto) -> None:
    other = onnx_graphs.from_keras(logits(width=WIDTH + 1, tags=TAGS), "probabilities")
    with pytest.raises(ModelError, match="do not make one graph"):
        onnx_graphs.joined(graph, other)


def test_facts_are_written_into_a_graph_in_order(graph: onnx.ModelProto) -> None:
    described = onnx.ModelProto()
    described.CopyFrom(graph)
    onnx_graphs.describe(described, {"b": "2", "a": "1"})
    onnx_graphs.describe(described, {"d": "4", "c": "3"})
    assert [(p.key, p.value) for p in described.metadata_props] == [("c", "3"), ("d", "4")]


def test_a_network_that_cannot_be_converted_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)  # tf2onnx logs the operator as an error
    embedding = keras.Input((WIDTH,), name="embedding")
    odd = keras.Model(embedding, keras.activations.gelu(embedding), name="odd")
    with pytest.raises(ModelError, match="odd: tf2onnx cannot convert it"):
        onnx_graphs.from_keras(odd, "out")
