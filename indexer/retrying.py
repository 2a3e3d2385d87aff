"""What becomes of a film whose attempt failed: again, and when, or not. A pure decision."""

from dataclasses import dataclass

from ..db.errors import LimitError, MediaError, WorkerError
from ..db.records import US_PER_SECOND

# Crashes, hangs and limits may go otherwise next time, but not for ever.
ATTEMPTS = 3
# A disk or a share may be away for days; ask ever more seldom, up to once an hour.
FIRST_WAIT_US = 30 * US_PER_SECOND
LONGEST_WAIT_US = 3600 * US_PER_SECOND


@dataclass(frozen=True, slots=True)
class Again:
    """Try again after `after_us`; `charged` if the film pays for it."""

    after_us: int
    charged: bool


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Trying again would not help."""


Verdict = Again | GiveUp


def decide(error: Exception, attempts: int, setbacks: int) -> Verdict:
    """Judge an error by who must act (db/errors.py) and by what was tried before.

    The file's own fault ends the job at once. What the decoding child died of costs an attempt.
    A disk, a network or a model that fails is not the film's fault and never wears it out.
    """
    match error:
        case LimitError() | WorkerError():
            if attempts + 1 >= ATTEMPTS:
                return GiveUp()
            return Again(_wait_us(2 * attempts), charged=True)
        case MediaError():
            return GiveUp()
        case _:
            return Again(_wait_us(setbacks), charged=False)


def _wait_us(tried: int) -> int:
    return int(min(FIRST_WAIT_US * 2 ** min(tried, 20), LONGEST_WAIT_US))
