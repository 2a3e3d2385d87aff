"""One network, many films: pictures from all of them share batches."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Self

import numpy as np

from .network import Looked
from .pixels_type import Pixels

# Larger batches gained nothing on a CPU; see docs/performance.md.
BATCH = 8


class Batcher:
    """Runs `look` in a thread of its own on whatever pictures wait, up to BATCH at a time."""

    def __init__(self, look: Callable[[Pixels], list[Looked]], size: int = BATCH) -> None:
        self._look, self._size = look, size
        # Bounded, so that decoding waits for a slow network instead of filling memory.
        self._waiting: queue.Queue[tuple[Pixels, Future[Looked]] | None] = queue.Queue(2 * size)
        self._thread = threading.Thread(target=self._run, name="inference", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._waiting.put(None)
        self._thread.join()

    def submit(self, picture: Pixels) -> "Future[Looked]":
        """Have a picture's views, `(VIEWS, side, side, 3) uint8`, looked at.

        The future also carries what went wrong. Waits while two batches are waiting already.
        """
        future: Future[Looked] = Future()
        self._waiting.put((picture, future))
        return future

    def _run(self) -> None:
        open_ = True
        while open_:
            first = self._waiting.get()
            if first is None:
                return
            batch = [first]
            while len(batch) < self._size and not self._waiting.empty():
                item = self._waiting.get()
                if item is None:
                    open_ = False
                    break
                batch.append(item)
            self._answer(batch)

    def _answer(self, batch: list[tuple[Pixels, "Future[Looked]"]]) -> None:
        try:
            answers = self._look(np.stack([picture for picture, _ in batch]))
        except Exception as error:  # noqa: BLE001  whoever waits for the answer gets the error
            for _, future in batch:
                future.set_exception(error)
            return
        for (_, future), looked in zip(batch, answers, strict=True):
            future.set_result(looked)
