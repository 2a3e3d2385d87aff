"""Eight bits: a graph of float32 made a quarter of the size, and more than twice as fast on a CPU.

Static quantisation with QuantizeLinear/DequantizeLinear pairs: activations uint8 with one scale for
each tensor, measured on real pictures; weights int8 with one scale for each channel.

Weights use seven of the eight bits (`reduce_range`). Processors with AVX2 but without VNNI add two
products of uint8 and int8 into sixteen bits that saturate: with all eight bits such a machine would
see other embeddings than the one that this was checked on. What it costs is in the card.
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from ..indexer.pixels_type import Pixels

# Relu has to be here: left out, it would keep its convolution's output in float.
QUANTISED = ["Conv", "Relu", "Concat", "MaxPool", "Transpose"]


def to_int8(source: Path, target: Path, feed: str, pictures: Sequence[Pixels]) -> None:
    """Quantise the graph `source` into `target`, its activations' ranges taken from `pictures`.

    feed: the input's name; pictures: `(H, W, 3) uint8` of the input's size.
    """
    with tempfile.TemporaryDirectory() as scratch:
        inferred = Path(scratch) / source.name
        quant_pre_process(source, inferred, skip_symbolic_shape=True)
        _quantise(inferred, target, _Batches(feed, pictures))


def _quantise(source: Path, target: Path, batches: CalibrationDataReader) -> None:
    quantize_static(
        source,
        target,
        batches,
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=QUANTISED,
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
    )


class _Batches(CalibrationDataReader):  # type: ignore[misc]  # ONNX Runtime has no types
    """Hands out pictures eight at a time."""

    def __init__(self, feed: str, pictures: Sequence[Pixels]) -> None:
        self._batches: Iterator[dict[str, Pixels]] = (
            {feed: np.stack(pictures[start : start + 8])} for start in range(0, len(pictures), 8)
        )

    def get_next(self) -> dict[str, Pixels] | None:
        return next(self._batches, None)
