"""What a decoding process says when it cannot go on."""

import cv2

from ..db.errors import LimitError, MediaError, ModelError, WorkerError
from . import wire

REPORTED = (LimitError, MediaError, ModelError, WorkerError, MemoryError, cv2.error, OSError)


def trouble(error: Exception, memory_bytes: int) -> wire.Trouble:
    """Say whose fault one of REPORTED is, to a parent that allowed so much memory."""
    match error:
        case LimitError():
            return wire.Trouble(wire.Blame.LIMIT, str(error))
        case MediaError():
            return wire.Trouble(wire.Blame.MEDIA, str(error))
        case WorkerError() | ModelError():
            return wire.Trouble(wire.Blame.CHILD, str(error))
        case MemoryError() | cv2.error():
            megabytes = memory_bytes // 2**20
            reason = f"needs more than {megabytes} MB to decode ({error}); see limits.memory_mb"
            return wire.Trouble(wire.Blame.LIMIT, reason)
        case _:
            return wire.Trouble(wire.Blame.READ, str(error))
