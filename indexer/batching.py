"""One network, many films: pictures from all of them share batches."""

import hashlib
import os
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from .network import Looked, Network
from .pixels_type import Pixels
from .sessions import Provider

# For a device, which is idle between batches. Not measured on one.
BATCH = 8
# Processor cores are busy with one picture: two to eight at a time cost more each, since they do
# not fit the cache, and up to 100 MB; and the nudity network's answers to one and to several differ
# in their last bits, so that a film's numbers would depend on what waited beside it.
BATCH_ON_CPU = 1
# Answers that are remembered: a few hours of film, and some megabytes.
REMEMBERED = 4096
# Each worker holds what the network needs for a batch.
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

    def batcher(self, network: Network) -> "Batcher":
        """Return what has pictures looked at by a network that was opened for this crew."""
        if network.provider is Provider.CPU:
            return Batcher(network.look, BATCH_ON_CPU, self.workers)
        # An accelerator runs one batch at a time, and keeps its own house.
        network.warm_up(BATCH)
        return Batcher(network.look, BATCH)


class Remembered:
    """The latest pictures, and their answers, come or coming.

    Only of the very same pixels is the answer the same to the last bit, whoever asks and however
    often a film is begun anew: a picture that is merely like another is looked at itself.
    """

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._answers: OrderedDict[bytes, Future[Looked]] = OrderedDict()
        self._lock = threading.Lock()

    def answer(self, picture: Pixels) -> "tuple[Future[Looked], bool]":
        """Return the picture's answer, and whether it still has to be asked for."""
        key = hashlib.blake2b(np.ascontiguousarray(picture).data, digest_size=16).digest()
        with self._lock:
            known = self._answers.get(key)
            is_new = known is None or (known.done() and known.exception() is not None)
            answer = Future[Looked]() if known is None or is_new else known
            self._answers[key] = answer
            self._answers.move_to_end(key)
            if len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return answer, is_new


class Batcher:
    """Runs `look` in threads of its own on whatever pictures wait, `size` at a time.

    A picture that was looked at before, to the last pixel, is not looked at again.
    """

    def __init__(self, look: Callable[[Pixels], list[Looked]], size: int, workers: int = 1) -> None:
        self._look, self._size = look, size
        self._remembered = Remembered()
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
        future, is_new = self._remembered.answer(picture)
        if is_new:
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
