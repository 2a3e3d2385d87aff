"""Eight bits: seven of them used for weights, with a scale for each channel."""

from pathlib import Path

import numpy as np
import onnx
import pytest

pytest.importorskip("tensorflow", reason="the export extra is not installed")

from export_networks import backbone, pictures
from filmdex.export import onnx_graphs, quantise
from filmdex.indexer.sessions import Provider, open_session
from onnx import numpy_helper


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> onnx.ModelProto:
    folder = tmp_path_factory.mktemp("quantised")
    onnx_graphs.save(onnx_graphs.from_keras(backbone(), "embedding"), folder / "exact.onnx")
    quantise.to_int8(
        folder / "exact.onnx", folder / "int8.onnx", "frames_rgb", list(pictures(16, 8))
    )
    return onnx.load(folder / "int8.onnx")


def test_every_convolution_has_weights_of_seven_bits_scaled_by_channel(
    graph: onnx.ModelProto,
) -> None:
    constants = {one.name: numpy_helper.to_array(one) for one in graph.graph.initializer}
    makers = {node.output[0]: node for node in graph.graph.node}
    convolutions = [node for node in graph.graph.node if node.op_type == "Conv"]
    assert len(convolutions) == 2
    for convolution in convolutions:
        maker = makers[convolution.input[1]]
        assert maker.op_type == "DequantizeLinear"
        weights, scales = constants[maker.input[0]], constants[maker.input[1]]
        assert weights.dtype == np.int8
        # A processor without VNNI adds pairs of products in sixteen bits: 2 * 255 * 64 fits.
        assert 0 < np.abs(weights.astype(int)).max() <= 64
        assert scales.shape == (weights.shape[0],)


def test_activations_are_bytes(graph: onnx.ModelProto) -> None:
    constants = {one.name: one.data_type for one in graph.graph.initializer}
    quantisers = [node for node in graph.graph.node if node.op_type == "QuantizeLinear"]
    assert quantisers
    assert {constants[node.input[2]] for node in quantisers} == {onnx.TensorProto.UINT8}


def test_pictures_go_in_as_they_are(graph: onnx.ModelProto, tmp_path: Path) -> None:
    onnx_graphs.save(graph, tmp_path / "int8.onnx")
    expected = np.asarray(backbone().predict_on_batch(pictures(4)))
    got = open_session(tmp_path / "int8.onnx", Provider.CPU, 1).run(pictures(4))
    assert np.abs(got - expected).max() < 0.1 * np.abs(expected).max()
