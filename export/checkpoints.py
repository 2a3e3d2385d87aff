"""Where a training is, on disk: written beside and renamed, so that it is there whole or not.

A checkpoint holds every array that the next epoch depends on, and says which training it is of.
"""

import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..db.errors import ModelError

Array = npt.NDArray[np.generic]

LAST, BEST = "last.npz", "best.npz"


@dataclass(frozen=True, slots=True)
class State:
    """How far a training is. `run` names its settings and data; epochs count from 1, 0 is none.

    `history` has one entry of named values for each epoch.
    """

    run: str
    epoch: int = 0
    best_epoch: int = 0
    best: float = float("-inf")
    history: tuple[dict[str, float], ...] = ()

    @property
    def waited(self) -> int:
        """For how many epochs nothing has become better."""
        return self.epoch - self.best_epoch

    def after(self, score: float, values: dict[str, float]) -> "State":
        """Return the state one epoch later; the higher the score, the better."""
        epoch = self.epoch + 1
        later = replace(self, epoch=epoch, history=(*self.history, values))
        return replace(later, best_epoch=epoch, best=score) if score > self.best else later


def write(path: Path, state: State, arrays: Sequence[Array]) -> None:
    """Write a checkpoint. Raises OSError; what was there before is then still whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            np.savez(file, np.array(json.dumps(asdict(state))), *arrays)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise OSError(
            error.errno,
            f"the checkpoint of epoch {state.epoch} could not be written ({error.strerror}); make "
            "room and train again: it goes on from the checkpoint before",
            str(path),
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def read(path: Path, run: str) -> tuple[State, list[Array]] | None:
    """Return a checkpoint of this training, none if there is no file.

    Raises ModelError if it is damaged, or of another training.
    """
    if not path.exists():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            about = json.loads(str(held["arr_0"]))
            arrays = [held[f"arr_{place}"] for place in range(1, len(held.files))]
        state = State(**{**about, "history": tuple(about["history"])})
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: damaged ({error}); remove it to begin again") from error
    if state.run != run:
        raise ModelError(
            f"{path} is of a training with other settings or pictures; name another folder"
        )
    return state, arrays
