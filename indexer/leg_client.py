"""A helper process as the joining child knows it, and a leg as it comes in from there."""

import os
import traceback
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import NoReturn, Protocol, Self

import numpy as np

from ..db.errors import WorkerError
from . import wire
from .confinement import confine
from .leg_helper import Eye, LegHelper, opener, reopened
from .leg_wire import FromHelper, HelperLine, JoinerLine
from .legs import SEAM, Decoded, Drop, Ended, Leg, Made, Make, ToHelper
from .pixels_type import Pixels
from .troubles import REPORTED, trouble

# Frames that were let go are told of so many at a time.
DROPPED = 16


class Closable(Protocol):
    """Something that is held open."""

    def close(self) -> None:
        """Let it go."""
        ...


@dataclass(slots=True, eq=False)
class Course:
    """One leg as it comes in; `again` if it begins with frames of the leg before, once more.

    `frames` and `errors` are how many came, and how much could not be decoded before the last.
    """

    leg: Leg
    helper: "Helper"
    again: bool = False
    waiting: deque[Decoded] = field(default_factory=deque)
    begun: list[Decoded] = field(default_factory=list)
    beyond: list[Decoded] = field(default_factory=list)
    frames: int = 0
    errors: int = 0
    ended: Ended | None = None
    settled: bool = False

    @property
    def has_begun(self) -> bool:
        """Whether as much of it is there as is compared with the end of the leg before."""
        return len(self.begun) == SEAM or self.ended is not None

    @property
    def errors_at_end(self) -> int:
        """How much of the whole leg could not be decoded."""
        return self.errors if self.ended is None else self.ended.errors

    def take(self, decoded: Decoded) -> None:
        """Take the leg's next frame, or one beyond its end."""
        if decoded.beyond:
            self.beyond.append(decoded)
            return
        if len(self.begun) < SEAM:
            self.begun.append(decoded)
        self.frames += 1
        self.errors = decoded.errors
        self.waiting.append(decoded)

    def drop(self) -> None:
        """Have nothing more of it, and let go what came."""
        for decoded in self.waiting:
            if decoded.held:
                self.helper.drop(decoded.frame)
        if self.helper.course is self:
            self.helper.course = None


class Helper:
    """A helper process as the joining child knows it; without `pid`, one on another host."""

    def __init__(self, pid: int | None, line: JoinerLine) -> None:
        self.pid, self.line = pid, line
        self.course: Course | None = None
        self._made: dict[int, Pixels] = {}
        self._dropped: list[int] = []

    @classmethod
    def forked(cls, film_fd: int, eye: Eye, memory_bytes: int, others: Iterable[Closable]) -> Self:
        """Fork a helper of this process; `others` are what it must not hold open.

        Raises OSError if the machine has no process or memory to give.
        """
        ours, theirs = Pipe()
        own_fd = reopened(film_fd)
        if (pid := os.fork()) == 0:
            for other in (ours, *others):
                other.close()
            _help(own_fd, HelperLine(theirs), eye, memory_bytes)
        theirs.close()
        os.close(own_fd)
        return cls(pid, JoinerLine(ours))

    @classmethod
    def elsewhere(cls, line_fd: int) -> Self:
        """Know a helper on another host by the socket that leads to it."""
        return cls(None, JoinerLine(Connection(line_fd)))

    def begin(self, leg: Leg) -> Course:
        """Have a leg decoded, in place of what is being decoded."""
        self.course = Course(leg, self)
        self._say(leg)
        return self.course

    def picture(self, frame: int) -> Pixels:
        """Return the picture of a frame that the helper holds."""
        self._say(Make(frame))
        while frame not in self._made:
            self.hear()
        return self._made.pop(frame)

    def drop(self, frame: int) -> None:
        """Let the helper forget a frame, before long."""
        self._dropped.append(frame)
        if len(self._dropped) >= DROPPED:
            self.flush()

    def flush(self) -> None:
        """Let the helper forget what was dropped."""
        if self._dropped:
            dropped, self._dropped = tuple(self._dropped), []
            self._say(Drop(dropped))

    def hear(self) -> None:
        """Wait for a message and take it. Ends this process if the helper has ended."""
        try:
            message = self.line.heard()
        except EOFError:
            self._end_alike()
        self._take(message)

    def close(self) -> None:
        """Hang up: the helper ends."""
        self.line.close()

    def wait(self) -> None:
        """Wait until the helper has ended."""
        if self.pid is not None:
            os.waitpid(self.pid, 0)

    def _take(self, message: FromHelper) -> None:
        course = self.course
        match message:
            case Decoded():
                if course is not None and course.leg.turn == message.turn:
                    course.take(message)
                elif message.held:
                    self.drop(message.frame)
            case Made(frame, height, width, pixels):
                self._made[frame] = np.frombuffer(pixels, np.uint8).reshape(height, width, 3)
            case Ended():
                if course is not None and course.leg.turn == message.turn:
                    course.ended, self.course = message, None
            case wire.Trouble():
                raise message.as_error()

    def _say(self, message: ToHelper) -> None:
        try:
            self.line.say(message)
        except EOFError:
            self._end_alike()

    def _end_alike(self) -> NoReturn:
        """End as the helper did: whoever watches this process learns why, as if it were alone.

        Raises WorkerError for one on another host.
        """
        if self.pid is None:
            raise WorkerError("a helper on another host is gone")
        _, status = os.waitpid(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if code < 0:
            os.kill(os.getpid(), -code)
        raise SystemExit(code or 1)


def _help(film_fd: int, line: HelperLine, eye: Eye, memory_bytes: int) -> NoReturn:
    """Be a helper, in a process that was just forked."""
    code = 1
    try:
        confine({})
        LegHelper(line, opener(film_fd), eye).run()
    except SystemExit:
        code = 0
    except REPORTED as error:
        line.say(trouble(error, memory_bytes))
        code = 0
    finally:
        if code:
            traceback.print_exc()
        # Nothing of the process that it was forked from is to be closed or written twice.
        os._exit(code)
