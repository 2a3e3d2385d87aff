"""The line between the child that joins a film's legs and a helper that decodes them."""

import select
import struct
from collections.abc import Callable
from multiprocessing.connection import Connection

from ..db.errors import WorkerError
from . import wire
from .legs import Decoded, Drop, Ended, Leg, Made, Make, ToHelper

FromHelper = Decoded | Made | Ended | wire.Trouble
_TO_HELPER = (Leg, Make, Drop)
_FROM_HELPER = (Decoded, Made, Ended, wire.Trouble)
# A picture four times as wide as a network's, or a detector's thumbnail of a film that is a stripe.
MOST_BYTES = 64 * 2**20


class HelperLine:
    """The helper's end."""

    def __init__(self, line: "Connection[bytes, bytes]") -> None:
        self._line = line
        self._poll = select.poll()
        self._poll.register(line.fileno(), select.POLLIN)

    def told(self, *, wait: bool) -> ToHelper | None:
        """Return what is asked, None if nothing is. Raises SystemExit if nobody asks any more."""
        if not self._poll.poll(None if wait else 0):
            return None
        try:
            packet = self._line.recv_bytes(MOST_BYTES)
        except (EOFError, ConnectionError):
            raise SystemExit from None
        read: Callable[[bytes], ToHelper] = _TO_HELPER[packet[0]].unpack
        return read(packet[1:])

    def say(self, message: FromHelper) -> None:
        """Send a message. Raises SystemExit if nobody listens any more."""
        try:
            self._line.send_bytes(bytes([_FROM_HELPER.index(type(message))]) + message.pack())
        except ConnectionError:
            raise SystemExit from None


class JoinerLine:
    """The joining child's end."""

    def __init__(self, line: "Connection[bytes, bytes]") -> None:
        self._line = line

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._line.fileno()

    def close(self) -> None:
        """Hang up: the helper ends."""
        self._line.close()

    def say(self, message: ToHelper) -> None:
        """Send a message. Raises EOFError if the helper is gone."""
        try:
            self._line.send_bytes(bytes([_TO_HELPER.index(type(message))]) + message.pack())
        except ConnectionError:
            raise EOFError from None

    def heard(self) -> FromHelper:
        """Wait for a message. Raises EOFError if the helper is gone, WorkerError for nonsense."""
        try:
            packet = self._line.recv_bytes(MOST_BYTES)
        except ConnectionError:
            raise EOFError from None
        try:
            read: Callable[[bytes], FromHelper] = _FROM_HELPER[packet[0]].unpack
            return read(packet[1:])
        except (IndexError, ValueError, ZeroDivisionError, struct.error) as error:
            raise WorkerError(f"a decoding helper sent nonsense: {error}") from error
