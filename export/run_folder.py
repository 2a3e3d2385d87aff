"""The folder of a training: what was asked for, the splits, checkpoints, logs, and the bundle.

```
DIR/  order.json  splits.json  data.json  checkpoints/  logs/  bundle/
```
A training that was interrupted is taken up again by asking for the same once more.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ..db.errors import ModelError
from ..indexer.bundle import RUN_BUNDLE
from .datasets import DataSet
from .order import Order
from .splits import Splits, split

ORDER, SPLITS, DATA = "order.json", "splits.json", "data.json"
CHECKPOINTS, LOGS = "checkpoints", "logs"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One training's place on disk."""

    path: Path

    @classmethod
    def begin(cls, path: Path, order: Order) -> Self:
        """Make the folder, or take up the training in it.

        Raises ModelError if it is finished, or holds anything else; OSError.
        """
        run = cls(path)
        if run.bundle.exists():
            raise ModelError(f"{path}: this training is finished; name another folder")
        text = order.dumps()
        file = path / ORDER
        if file.exists():
            if file.read_text(encoding="utf-8") != text:
                raise ModelError(
                    f"{path}: a training with other settings was begun here (see {ORDER}); "
                    "name another folder, or ask for the same to go on with it"
                )
        elif path.exists() and any(path.iterdir()):
            raise ModelError(f"{path}: not empty, and no training; name another folder")
        else:
            path.mkdir(parents=True, exist_ok=True)
            run.remember(order)
        return run

    def remember(self, order: Order) -> None:
        """Write down what the bundle here is, or will be, made by."""
        (self.path / ORDER).write_text(order.dumps(), encoding="utf-8")

    @classmethod
    def open(cls, path: Path) -> tuple[Self, Order]:
        """Open a training to see what was asked for. Raises ModelError if there is none."""
        try:
            text = (path / ORDER).read_text(encoding="utf-8")
        except OSError as error:
            raise ModelError(f"{path}: no training here ({ORDER}: {error.strerror})") from error
        return cls(path), Order.loads(text, path / ORDER)

    def splits(self, data: DataSet, seed: int) -> Splits:
        """Return the splits that were written here, or split now and write them.

        Raises ModelError if they are of other pictures, or if too few sources are there to split.
        """
        file = self.path / SPLITS
        if file.exists():
            return Splits.loads(file.read_text(encoding="utf-8"), data)
        made = split(data.pictures, len(data.audit.tags), seed)
        file.write_text(made.dumps(data), encoding="utf-8")
        return made

    @property
    def bundle(self) -> Path:
        """The bundle that came of it: there once it is finished, and whole."""
        return self.path / RUN_BUNDLE

    @property
    def checkpoints(self) -> Path:
        """Where a fine-tuning can go on from."""
        return self.path / CHECKPOINTS

    @property
    def logs(self) -> Path:
        """What TensorBoard reads."""
        return self.path / LOGS

    @property
    def data_report(self) -> Path:
        """What was found out about the data set, as JSON."""
        return self.path / DATA
