"""A model bundle whose answers can be worked out by hand: it sees how red, green and blue it is.

backbone: the mean of each channel over the picture, 0 to 1, `(N, 3)`.
head: the probability of Red, Green and Blue is that mean; of Never it is 0.
expert: the probability of Dark is 1 - the mean of all channels.
"""

import hashlib
from pathlib import Path

import numpy as np
import onnx
from filmdex.indexer.bundle import golden_input
from filmdex.indexer.card import (
    CARD_NAME,
    Card,
    DataSet,
    Expert,
    Golden,
    Graph,
    Input,
    PlattScaling,
    PresentLimits,
    Quality,
    TagCard,
    Trained,
    Untrained,
)
from filmdex.indexer.framing_names import FramingName
from onnx import TensorProto, helper, numpy_helper

SIZE = 32
OPSET = 17
TAGS = ("Red", "Green", "Blue", "Never", "Dark")
THRESHOLD = 0.5


# From the means of red, green and blue to the tags, which experts then answer for their own.
PLAIN = np.eye(3, len(TAGS), dtype=np.float32)


def write_bundle(folder: Path, version: str = "1", weights: np.ndarray = PLAIN) -> Path:
    """Write the bundle, with the head's weights `(3, T)`, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, model in (
        ("backbone.onnx", _backbone()),
        ("head.onnx", _head(weights)),
        ("dark.onnx", _dark()),
    ):
        onnx.checker.check_model(model)
        (folder / name).write_bytes(model.SerializeToString())
    files = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*.onnx"))
    }
    card = _card(files, version, weights)
    (folder / CARD_NAME).write_text(card.dumps(), encoding="utf-8")
    return folder


def by_hand(picture_rgb: np.ndarray, weights: np.ndarray = PLAIN) -> list[float]:
    """Work out the bundle's answer to one `(H, W, 3) uint8` picture, before rounding."""
    means = picture_rgb.reshape(-1, 3).mean(axis=0) / 255.0
    return [*(means @ weights).tolist()[:-1], float(1.0 - means.mean())]


def _means(axes: list[int], output: str) -> list[onnx.NodeProto]:
    return [
        helper.make_node("Cast", ["picture"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["float", "full"], ["unit"]),
        helper.make_node("ReduceMean", ["unit"], [output], axes=axes, keepdims=0),
    ]


def _full() -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(255.0, np.float32), "full")


def _backbone() -> onnx.ModelProto:
    return _model("backbone", _means([1, 2], "out"), [_full()], _picture(), 3)


def _head(weights: np.ndarray) -> onnx.ModelProto:
    nodes = [helper.make_node("MatMul", ["embedding", "weights"], ["out"])]
    feed = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["N", 3])
    return _model("head", nodes, [numpy_helper.from_array(weights, "weights")], feed, len(TAGS))


def _dark() -> onnx.ModelProto:
    one = numpy_helper.from_array(np.array(1.0, np.float32), "one")
    shape = numpy_helper.from_array(np.array([-1, 1], np.int64), "column")
    nodes = [
        *_means([1, 2, 3], "light"),
        helper.make_node("Sub", ["one", "light"], ["dark"]),
        helper.make_node("Reshape", ["dark", "column"], ["out"]),
    ]
    return _model("dark", nodes, [_full(), one, shape], _picture(), 1)


def _picture() -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info("picture", TensorProto.UINT8, ["N", SIZE, SIZE, 3])


def _model(
    name: str,
    nodes: list[onnx.NodeProto],
    constants: list[onnx.TensorProto],
    feed: onnx.ValueInfoProto,
    width: int,
) -> onnx.ModelProto:
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["N", width])
    graph = helper.make_graph(nodes, name, [feed], [out], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


def _card(files: dict[str, str], version: str, weights: np.ndarray) -> Card:
    size = Input(
        side=SIZE,
        colour="RGB",
        framing=FramingName.SQUASH,
        expert_framing=FramingName.SQUASH,
        resize="area",
    )
    present = PresentLimits(seconds=0.5, coverage=0.1, peak=THRESHOLD)
    quality = Quality(
        data_set="by construction",
        average_precision=1.0,
        precision=1.0,
        recall=1.0,
        positives=20,
        prevalence=0.5,
    )
    trained = Trained(
        status="measured",
        threshold=THRESHOLD,
        calibration=PlattScaling(method="platt", slope=1.0, intercept=0.0),
        quality=quality,
        present=present,
    )
    dark = Expert(
        status="expert", graph="dark.onnx", threshold=THRESHOLD, present=present, reason="a test"
    )
    never = Untrained(status="untrained", reason="no pictures", quality=None)
    abilities = {"Never": never, "Dark": dark}
    return Card(
        format=1,
        name="colours",
        version=version,
        description="Sees colours.",
        input=size,
        embedding_width=3,
        backbone=_graph("backbone.onnx"),
        head=_graph("head.onnx"),
        experts=(_graph("dark.onnx"),),
        tags=tuple(
            TagCard(tag=tag, slug=tag.lower(), group="colour", ability=abilities.get(tag, trained))
            for tag in TAGS
        ),
        golden=Golden(
            probabilities=tuple(tuple(by_hand(picture, weights)) for picture in golden_input(size)),
            tolerance=0.002,
        ),
        files=files,
        training={},
        data_set=DataSet(digest="0" * 64, pictures=0, sources=0, note="none"),
        measurements={},
        versions={},
        opset=OPSET,
    )


def _graph(file: str) -> Graph:
    return Graph(file=file, source="made by the tests", licence="Apache-2.0", precision="float32")
