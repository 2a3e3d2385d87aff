"""Features on disk, one small file for each picture: computed once, read ever after.

A file's place is named by what its content depends on: the picture's bytes, and the model with the
framing. It holds its own checksum; what does not agree with it is computed again.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..db.vectors import HALF

Floats = npt.NDArray[np.float32]

_CHECKSUM = 32


@dataclass(frozen=True, slots=True)
class FeatureCache:
    """A folder of features of one model and framing, `width` float16 numbers each."""

    folder: Path
    width: int

    @classmethod
    def of(cls, root: Path, model: str, framing: str, width: int) -> "FeatureCache":
        """Return the cache of a model (its digest) and framing under a common folder."""
        return cls(root / hashlib.sha256(f"{model} {framing}".encode()).hexdigest()[:16], width)

    def read(self, picture: str) -> Floats | None:
        """Return a picture's features `(width,)`, none if they are not there whole.

        picture: SHA-256 of its bytes.
        """
        try:
            content = self._path(picture).read_bytes()
        except FileNotFoundError:
            return None
        checksum, vector = content[:_CHECKSUM], content[_CHECKSUM:]
        whole = len(vector) == self.width * HALF.itemsize
        if not whole or checksum != hashlib.sha256(vector).digest():
            return None
        return np.frombuffer(vector, HALF).astype(np.float32)

    def write(self, picture: str, features: Floats) -> None:
        """Keep a picture's features. Raises OSError; nothing half there is ever read."""
        path = self._path(picture)
        path.parent.mkdir(parents=True, exist_ok=True)
        vector = features.astype(HALF).tobytes()
        # The process's number, so that two trainings can fill one cache.
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            partial.write_bytes(hashlib.sha256(vector).digest() + vector)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def _path(self, picture: str) -> Path:
        return self.folder / picture[:2] / f"{picture}.f16"
