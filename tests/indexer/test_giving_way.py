"""Standing back for other programs: never less than was said, and never taken back."""

import os
import subprocess
import sys

import pytest

LONGEST = 19
PROGRAM = """
import os
from filmdex.indexer.giving_way import give_way
for nice in ({}):
    give_way(nice)
print(os.getpriority(os.PRIO_PROCESS, 0))
"""


@pytest.mark.parametrize(("said", "least"), [("0,", 0), ("7,", 7), ("7, 3", 7), ("3, 19", LONGEST)])
def test_a_process_stands_back_as_far_as_was_said(said: str, least: int) -> None:
    here = os.getpriority(os.PRIO_PROCESS, 0)
    code = [sys.executable, "-c", PROGRAM.format(said)]
    told = subprocess.run(code, capture_output=True, text=True, check=True)
    assert int(told.stdout) == max(here, least)
