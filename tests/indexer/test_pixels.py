"""Pixels from frames of every kind: colours, ranges, depth, rotation, information."""

import av
import numpy as np
import pytest
from filmdex.indexer.pixels import Scaler, entropy_bits, is_uniform


def frame_of(rgb: tuple[int, int, int], pixel_format: str, height: int = 96) -> av.VideoFrame:
    picture = np.broadcast_to(np.array(rgb, np.uint8), (height, 128, 3)).copy()
    made = av.VideoFrame.from_ndarray(picture, format="rgb24")
    matrix = "ITU709" if height >= 720 else "ITU601"
    return made.reformat(format=pixel_format, dst_colorspace=matrix)


@pytest.mark.parametrize(
    "pixel_format",
    ["yuv420p", "yuv422p10le", "yuv444p", "nv12", "gray", "rgb24"],
)
@pytest.mark.parametrize("height", [96, 720])
def test_colours_come_back(pixel_format: str, height: int) -> None:
    rgb = (120, 120, 120) if pixel_format == "gray" else (200, 80, 30)
    pixels = Scaler(40, 30, "rgb24").pixels(frame_of(rgb, pixel_format, height))
    assert pixels.shape == (30, 40, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - rgb).max() <= 4


def test_scaling_down_averages() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    pixels = Scaler(8, 8, "rgb24").pixels(av.VideoFrame.from_ndarray(stripes, format="rgb24"))
    assert np.abs(pixels.astype(int) - 128).max() <= 2


def test_entropy_in_bits() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert entropy_bits(ramp) == pytest.approx(8.0)
    halves = np.zeros((2, 2, 3), np.uint8)
    halves[0] = 255
    assert entropy_bits(halves) == pytest.approx(1.0)
    assert entropy_bits(np.zeros((4, 4, 3), np.uint8)) == 0.0


def test_noise_is_uniform_and_a_line_of_text_is_not() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(15, 18, (299, 299, 3), dtype=np.uint8)
    assert is_uniform(noise)
    text = noise.copy()
    text[140:152, 120:180:2] = 235
    assert not is_uniform(text)
