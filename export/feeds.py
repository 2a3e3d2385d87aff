"""What a fine-tuning reads, batch by batch: pictures from their files, or activations kept on disk.

Neither is ever in memory as a whole. In what order, and changed in which way, depends on the seed
and the epoch alone.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ..indexer.framing import FRAMINGS
from ..indexer.framing_names import FramingName
from ..indexer.pixels_type import Pixels
from .augment import NOTHING, Augmentation
from .backbones import applied
from .picture_files import decode

Prepared = Callable[[int, int], None]  # how many pictures, of how many
Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float32]

# Pictures that are decoded at the same time, and that are read ahead.
THREADS, AHEAD = 4, 64


class Feed(Protocol):
    """Rows by number: `read` is called from several threads."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one row."""
        ...

    @property
    def dtype(self) -> str:
        """NumPy's name for what a row is of."""
        ...

    def read(self, row: int, epoch: int) -> Array:
        """Return one row; epoch 0 is as it is, unchanged."""
        ...


@dataclass(frozen=True, slots=True)
class PictureFeed:
    """Pictures, framed and, while training, augmented: `(side, side, 3) uint8`."""

    paths: tuple[Path, ...]
    framing: FramingName
    side: int
    augmentation: Augmentation = NOTHING
    seed: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one row."""
        return (self.side, self.side, 3)

    @property
    def dtype(self) -> str:
        """NumPy's name for what a row is of."""
        return "uint8"

    @property
    def digest(self) -> str:
        """Name the pictures by their bytes, in order, and how they are framed."""
        whole = hashlib.sha256(f"{self.framing} {self.side}\n".encode())
        for path in self.paths:
            whole.update(hashlib.sha256(path.read_bytes()).digest())
        return whole.hexdigest()

    def read(self, row: int, epoch: int) -> Pixels:
        """Decode and frame a picture; from epoch 1 on it is augmented. Raises ModelError."""
        path = self.paths[row]
        picture = FRAMINGS[self.framing](decode(path.read_bytes(), path), self.side)
        return self.augmentation.drawn(picture, self.seed, epoch, row) if epoch else picture


@dataclass(frozen=True, slots=True)
class ActivationFeed:
    """Activations at the end of the frozen blocks, `(N, h, w, c) float16`, mapped from a file."""

    rows: npt.NDArray[np.float16]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one row."""
        return self.rows.shape[1:]

    @property
    def dtype(self) -> str:
        """NumPy's name for what a row is of."""
        return "float16"

    def read(self, row: int, epoch: int) -> Array:  # noqa: ARG002  the same in every epoch
        """Return a row."""
        return np.asarray(self.rows[row])


def kept_activations(
    stem: keras.Model,
    digest: str,
    pictures: PictureFeed,
    folder: Path,
    batch: int,
    tell: Prepared,
) -> ActivationFeed:
    """Return what a frozen stem makes of all pictures, from `folder` if it is there already.

    digest: names the stem. Raises ModelError for an unreadable picture, OSError.
    """
    of = hashlib.sha256(f"{digest} {pictures.digest}".encode()).hexdigest()
    target = folder / f"activations-{of[:16]}.npy"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.partial")
        try:
            _write_activations(stem, pictures, partial, batch, tell)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    return ActivationFeed(np.load(target, mmap_mode="r"))


def activation_bytes(stem: keras.Model, pictures: int) -> int:
    """Return how much room `kept_activations` needs."""
    return int(np.prod(stem.output.shape[1:])) * np.dtype(np.float16).itemsize * pictures


def _write_activations(
    stem: keras.Model,
    pictures: PictureFeed,
    path: Path,
    batch: int,
    tell: Prepared,
) -> None:
    count = len(pictures.paths)
    shape = (count, *stem.output.shape[1:])
    made_by = applied(stem)
    with path.open("wb") as file:
        header = np.lib.format.header_data_from_array_1_0(np.empty(0, np.float16))
        np.lib.format.write_array_header_1_0(file, {**header, "shape": shape})
        for start in range(0, count, batch):
            rows = range(start, min(start + batch, count))
            frames = np.stack([pictures.read(row, 0) for row in rows])
            file.write(made_by(frames).astype(np.float16).tobytes())
            tell(rows[-1] + 1, count)


def dataset(
    feed: Feed, rows: Sequence[int], targets: Floats, batch: int, epoch: int
) -> tf.data.Dataset:
    """Return batches of (input, target) for these rows in this order.

    targets: `(N, 2 C)` for all rows of the feed.
    """
    batches = [list(rows[start : start + batch]) for start in range(0, len(rows), batch)]

    def made() -> Iterator[tuple[Array, Floats]]:
        for each, read in zip(batches, _in_threads(feed, batches, epoch), strict=True):
            yield np.stack(read), targets[each]

    streamed = tf.data.Dataset.from_generator(
        made,
        output_signature=(
            tf.TensorSpec((None, *feed.shape), feed.dtype),
            tf.TensorSpec((None, targets.shape[1]), "float32"),
        ),
    )
    return streamed.apply(tf.data.experimental.assert_cardinality(len(batches))).prefetch(2)


def shuffled(rows: Sequence[int], seed: int, epoch: int) -> list[int]:
    """Return the rows in the order of an epoch."""
    order = np.random.default_rng((seed, epoch)).permutation(len(rows))
    return [rows[place] for place in order]


def _in_threads(feed: Feed, batches: list[list[int]], epoch: int) -> Iterator[list[Array]]:
    """Read rows in order, a few at the same time and a few ahead."""
    with ThreadPoolExecutor(THREADS) as threads:
        waiting: deque[list[Future[Array]]] = deque()
        ahead = 0
        for batch in batches:
            waiting.append([threads.submit(feed.read, row, epoch) for row in batch])
            ahead += len(batch)
            while ahead > AHEAD and len(waiting) > 1:
                ahead -= len(waiting[0])
                yield [read.result() for read in waiting.popleft()]
        while waiting:
            yield [read.result() for read in waiting.popleft()]
