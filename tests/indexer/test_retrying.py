"""What becomes of an attempt that failed."""

import pytest
from filmdex.db.errors import LimitError, MediaError, ModelError, WorkerError
from filmdex.indexer.retrying import (
    ATTEMPTS,
    FIRST_WAIT_US,
    LONGEST_WAIT_US,
    Again,
    GiveUp,
    decide,
)


def test_the_files_own_fault_ends_its_job() -> None:
    assert decide(MediaError("damaged"), 0, 0) == GiveUp()


@pytest.mark.parametrize("error", [WorkerError("crashed"), LimitError("hung")])
def test_what_the_child_died_of_is_tried_again_but_not_for_ever(error: Exception) -> None:
    verdicts = [decide(error, attempts, 0) for attempts in range(ATTEMPTS)]
    assert all(isinstance(one, Again) and one.charged for one in verdicts[:-1])
    assert verdicts[-1] == GiveUp()


@pytest.mark.parametrize("error", [OSError("share is away"), ModelError("GPU is away")])
def test_what_is_not_the_files_fault_is_tried_for_ever_and_ever_more_seldom(
    error: Exception,
) -> None:
    waits = [decide(error, 2, setbacks) for setbacks in range(40)]
    assert all(isinstance(one, Again) and not one.charged for one in waits)
    lengths = [one.after_us for one in waits if isinstance(one, Again)]
    assert lengths == sorted(lengths)
    assert (lengths[0], lengths[-1]) == (FIRST_WAIT_US, LONGEST_WAIT_US)
