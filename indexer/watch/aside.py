"""Asking in a thread what may never be answered, as where a mount's server is gone."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, ParamSpec, TypeVar

_Answer = TypeVar("_Answer")
_Given = ParamSpec("_Given")


class Aside(Generic[_Answer]):
    """A thread that is asked for one thing at a time, and answers when it has it."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._asked: Future[_Answer] | None = None

    @property
    def busy(self) -> bool:
        """Whether something was asked, and the answer not yet fetched."""
        return self._asked is not None

    def ask(
        self, question: Callable[_Given, _Answer], *given: _Given.args, **named: _Given.kwargs
    ) -> None:
        """Begin to find an answer."""
        self._asked = self._pool.submit(question, *given, **named)

    def answer(self) -> _Answer | None:
        """Fetch the answer, if it is there. Raises what the question raised."""
        if self._asked is None or not self._asked.done():
            return None
        asked, self._asked = self._asked, None
        return asked.result()

    def close(self) -> None:
        """Ask no more; a question that hangs is left to itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)
