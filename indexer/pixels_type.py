"""The type of a picture, apart from `pixels.py`, which only the decoding child may import."""

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
