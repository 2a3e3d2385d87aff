"""Bytes between the child that joins a film's legs and a helper on another host."""

import socket
import threading
from collections.abc import Callable

MOST_BYTES = 2**20


class Relay:
    """Carries bytes both ways until one side has ended. `lost` says why the far side did.

    `hear` waits for bytes from there, none when it has ended; `say` sends some there.
    """

    def __init__(self, hear: Callable[[], bytes], say: Callable[[bytes], None]) -> None:
        self._hear, self._say = hear, say
        self._ours, self._theirs = socket.socketpair()
        self.lost: Exception | None = None
        for carry in (self._to_child, self._from_child):
            threading.Thread(target=carry, daemon=True).start()

    @property
    def fd(self) -> int:
        """The child's end."""
        return self._theirs.fileno()

    def handed_over(self) -> None:
        """Close the child's end here: it has its own."""
        self._theirs.close()

    def _to_child(self) -> None:
        try:
            while data := self._hear():
                self._ours.sendall(data)
        except OSError:
            return  # the child has ended
        except Exception as error:  # noqa: BLE001  whatever a call may raise: told where it is missed
            self.lost = error
        self._hang_up()

    def _from_child(self) -> None:
        with self._ours:
            try:
                while data := self._ours.recv(MOST_BYTES):
                    self._say(data)
            except OSError:
                return
            except Exception as error:  # noqa: BLE001  as above
                self.lost = error

    def _hang_up(self) -> None:
        """Let the child see that there is no more; the other thread then closes our end."""
        try:
            self._ours.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it has hung up itself
