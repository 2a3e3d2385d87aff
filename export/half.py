"""Sixteen bits: half the size, for GPUs that compute in them; a CPU computes in 32 all the same.

By the converter in ONNX Runtime, which is maintained with it and needs nothing more. What stands
between the pictures and the first layer with weights stays in float32: normalisation may divide by
small numbers, and costs nothing. The input stays uint8, the output float32.
"""

from pathlib import Path

import onnx
from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel

from ..db.errors import ModelError

HALF, SINGLE = onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT
# In the name of each cast that the converter puts in.
ADDED = "_cast_to_"
WEIGHTED = frozenset({"Conv", "Gemm", "MatMul"})


def to_float16(source: Path, target: Path) -> None:
    """Write the graph `source` with weights and arithmetic of sixteen bits.

    Raises ModelError if what comes out is no graph any more.
    """
    model = onnx.load(source)
    kept = _before_weights(model.graph)
    half: onnx.ModelProto = convert_float_to_float16(
        model, keep_io_types=True, op_block_list=DEFAULT_OP_BLOCK_LIST, node_block_list=kept
    )
    _without_round_trips(half.graph)
    # Casts were added at the end; nodes have to stand in the order of computation.
    OnnxModel(half).topological_sort(is_deterministic=True)
    del half.graph.value_info[:]
    try:
        onnx.checker.check_model(half, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ModelError(f"{source}: cannot be made float16: {error}") from error
    target.write_bytes(half.SerializeToString(deterministic=True))


def _before_weights(graph: onnx.GraphProto) -> list[str]:
    """Name the nodes that the first layers with weights depend on; nodes without a name get one."""
    for number, node in enumerate(graph.node):
        node.name = node.name or f"node_{number}"
    fresh = {feed.name for feed in graph.input}
    before = []
    # Nodes stand in the order of computation.
    for node in graph.node:
        if node.op_type not in WEIGHTED and fresh.intersection(node.input):
            fresh.update(node.output)
            before.append(node.name)
    return before


def _without_round_trips(graph: onnx.GraphProto) -> None:
    """Let what was cast to float16 and straight back to float32 be read as it was before.

    The converter puts such a pair between two neighbours that both stay in float32.
    """
    halved = {node.output[0]: node.input[0] for node in graph.node if _casts(node, HALF)}
    before = {
        node.output[0]: halved[node.input[0]]
        for node in graph.node
        if _casts(node, SINGLE) and node.input[0] in halved
    }
    for node in graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = before.get(name, name)
    # The casts back go first, then the casts there that only they read.
    for kind in (SINGLE, HALF):
        read = {name for node in graph.node for name in node.input}
        read |= {result.name for result in graph.output}
        for node in [n for n in graph.node if _casts(n, kind) and n.output[0] not in read]:
            graph.node.remove(node)


def _casts(node: onnx.NodeProto, kind: int) -> bool:
    return node.op_type == "Cast" and ADDED in node.name and node.attribute[0].i == kind
