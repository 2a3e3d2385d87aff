"""ONNX graphs from Keras models, what is written into them, and whether they say the same."""

import logging
from collections import defaultdict
from pathlib import Path
from typing import cast

import keras
import numpy as np
import numpy.typing as npt
import onnx
import tensorflow as tf
import tf2onnx
from onnx.reference import ReferenceEvaluator
from onnx.shape_inference import InferenceError

from ..db.errors import ModelError
from ..indexer.sessions import Provider, open_session

# The lowest that has every operator of these networks, LayerNormalization the last of them: what a
# runtime of any age since 2022 can read. tf2onnx knows 18 too, which brings nothing here.
OPSET = 17
REFERENCE_OPSET = 19
UNKNOWN_OPERATOR = "tf2onnx cannot convert it; build the network without the operator it names"
Floats = npt.NDArray[np.float32]

# An optimisation that fails is left out; its traceback helps nobody, since graphs are checked.
logging.getLogger("tf2onnx.optimizer").setLevel(logging.ERROR)


def from_keras(model: keras.Model, output: str) -> onnx.ModelProto:
    """Convert a model of one input and one output; the first axis of both is free, named `N`.

    By way of a function, since tf2onnx's own `from_keras` fails on some models of Keras 3. Raises
    ModelError if tf2onnx does not know an operator of the model; its log names it.
    """
    (feed,) = model.inputs
    signature = [tf.TensorSpec((None, *feed.shape[1:]), feed.dtype, name=feed.name)]
    function = tf.function(lambda batch: model(batch, training=False), input_signature=signature)
    proto: onnx.ModelProto
    proto, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    if (len(proto.graph.input), len(proto.graph.output)) != (1, 1):
        raise ModelError(f"{model.name}: {UNKNOWN_OPERATOR}")
    (only_in,), (only_out,) = proto.graph.input, proto.graph.output
    _rename(proto.graph, only_in.name, feed.name)
    _rename(proto.graph, only_out.name, output)
    for value in (only_in, only_out):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    del proto.graph.value_info[:]
    try:
        onnx.checker.check_model(proto, full_check=True)
    except (onnx.checker.ValidationError, InferenceError) as error:
        raise ModelError(f"{model.name}: {UNKNOWN_OPERATOR} ({error})") from error
    return proto


def pool_after_projection(model: onnx.ModelProto) -> int:
    """Move each average pooling behind the 1 x 1 convolution that alone reads it; return how many.

    Both are linear, and the average leaves padding out of its count, so that the order does not
    matter (bias included) but for rounding; the pooling then averages a sixth of the channels,
    which matters much in eight bits, where ONNX Runtime's average pooling is slow.
    """
    graph = model.graph
    readers = defaultdict(list)
    for node in graph.node:
        for name in node.input:
            readers[name].append(node)
    kernels = {constant.name: tuple(constant.dims[2:]) for constant in graph.initializer}
    moved = 0
    for index, pool in enumerate(graph.node):
        after = readers[pool.output[0]]
        if pool.op_type != "AveragePool" or [node.op_type for node in after] != ["Conv"]:
            continue
        (projection,) = after
        if kernels.get(projection.input[1]) != (1, 1):
            continue
        source, between, result = pool.input[0], pool.output[0], projection.output[0]
        projection.input[0], projection.output[0] = source, between
        pool.input[0], pool.output[0] = between, result
        # Nodes stand in the order of computation.
        behind = list(graph.node).index(projection)
        first, second = onnx.NodeProto(), onnx.NodeProto()
        first.CopyFrom(projection)
        second.CopyFrom(pool)
        graph.node[index].CopyFrom(first)
        graph.node[behind].CopyFrom(second)
        moved += 1
    onnx.checker.check_model(model, full_check=True)
    return moved


def describe(model: onnx.ModelProto, facts: dict[str, str]) -> None:
    """Replace the graph's `metadata_props`, in sorted order."""
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, dict(sorted(facts.items())))


def save(model: onnx.ModelProto, path: Path) -> None:
    """Check a graph and write it; the same graph gives the same bytes."""
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def require_parity(name: str, expected: Floats, got: Floats, tolerance: float) -> float:
    """Return the largest difference relative to the largest expected value.

    Raises ModelError if it is over `tolerance`, or the shapes differ.
    """
    if expected.shape != got.shape:
        raise ModelError(f"{name}: shape {got.shape}, expected {expected.shape}")
    worst = float(np.abs(expected - got).max() / np.abs(expected).max())
    if not worst <= tolerance:
        raise ModelError(f"{name}: {worst:.2e} off, {tolerance:.0e} is allowed; do not ship this")
    return worst


def require_reference(path: Path, batch: npt.NDArray[np.generic], tolerance: float) -> float:
    """Hold ONNX Runtime against ONNX's own reference evaluator on a small batch.

    Returns the largest difference, relative. Raises ModelError if it is over `tolerance`. The
    reference is plain Python: seconds to minutes a picture.
    """
    model = onnx.load(path)
    (feed,) = model.graph.input
    # The evaluator knows quantisation from this opset on; nothing else changes on the way there.
    readable = onnx.version_converter.convert_version(model, REFERENCE_OPSET)
    answers = ReferenceEvaluator(readable).run(None, {feed.name: batch})
    (expected,) = cast("list[Floats]", answers)
    got = open_session(path, Provider.CPU, 1).run(batch)
    return require_parity(f"{path.name}, by the reference", expected, got, tolerance)


def joined(backbone: onnx.ModelProto, head: onnx.ModelProto) -> onnx.ModelProto:
    """Return one graph of two, `backbone`'s output the input of `head`.

    Between them the embedding is rounded to float16, as it is where it is stored. Raises ModelError
    if the two do not fit together.
    """
    first, second = onnx.ModelProto(), onnx.ModelProto()
    first.CopyFrom(backbone)
    second.CopyFrom(head)
    first.ir_version = second.ir_version = max(backbone.ir_version, head.ir_version)
    for model in (first, second):
        # Each graph's facts are of itself.
        del model.metadata_props[:], model.graph.value_info[:]
    stored = _with_stored_output(first.graph)
    second = onnx.compose.add_prefix(second, "head/", rename_outputs=False)
    (seen,) = second.graph.input
    try:
        whole: onnx.ModelProto = onnx.compose.merge_models(
            first, second, io_map=[(stored, seen.name)]
        )
        onnx.checker.check_model(whole, full_check=True)
    except (ValueError, onnx.checker.ValidationError, InferenceError) as error:
        raise ModelError(f"backbone and head do not make one graph: {error}") from error
    return whole


def _with_stored_output(graph: onnx.GraphProto) -> str:
    """Round the graph's only output to float16 and back; return the new output's name."""
    (result,) = graph.output
    half, stored = f"{result.name}/float16", f"{result.name}/stored"
    graph.node.append(
        onnx.helper.make_node("Cast", [result.name], [half], to=onnx.TensorProto.FLOAT16)
    )
    graph.node.append(onnx.helper.make_node("Cast", [half], [stored], to=onnx.TensorProto.FLOAT))
    result.name = stored
    return stored


def _rename(graph: onnx.GraphProto, old: str, new: str) -> None:
    for node in graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                if name == old:
                    names[index] = new
    for value in (*graph.input, *graph.output):
        if value.name == old:
            value.name = new
