"""One network, many films: pictures from all of them share batches."""

import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from .network import Looked
from .pixels_type import Pixels

# Larger batches gained nothing on a CPU; see docs/performance.md.
BATCH = 8
# Each worker holds what the network needs for a batch: about 100 MB.
MOST_WORKERS = 4


@dataclass(frozen=True, slots=True)
class Crew:
    """How many batches run at a time on processor cores, and with how many threads each."""

    workers: int
    threads: int

    @classmethod
    def of(cls, threads: int) -> Self:
        """Share `threads` out; 0 stands for every core.

        Two batches on a thread each cost less than one after the other on two threads, which wait
        for each other at every layer: docs/performance.md.
        """
        cores = threads or os.cpu_count() or 1
        workers = min(cores, MOST_WORKERS)
        return cls(workers, cores // workers)


class Batcher:
    """Runs `look` in threads of its own on whatever pictures wait, up to BATCH at a time."""

    def __init__(
        self, look: Callable[[Pixels], list[Looked]], size: int = BATCH, workers: int = 1
    ) -> None:
        self._look, self._size = look, size
        # Bounded, so that decoding waits for a slow network instead of filling memory.
        self._waiting: queue.Queue[tuple[Pixels, Future[Looked]] | None] = queue.Queue(
            (workers + 1) * size
        )
        self._threads = [
            threading.Thread(target=self._run, name=f"inference-{number}", daemon=True)
            for number in range(workers)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def submit(self, picture: Pixels) -> "Future[Looked]":
        """Have a picture's views, `(VIEWS, side, side, 3) uint8`, looked at.

        The future also carries what went wrong. Waits while there is a batch for each worker and
        one more waiting already.
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
            while len(batch) < self._size:
                try:
                    item = self._waiting.get_nowait()
                except queue.Empty:
                    break
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
