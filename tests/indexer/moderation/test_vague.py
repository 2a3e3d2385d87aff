"""Which brackets a verdict rests on, with every number in sight."""

from dataclasses import replace

import pytest
from filmdex.db.records import Boundary, Span
from filmdex.indexer.moderation.vague import vague_brackets
from moderating import film, policy, verdict_on

SECOND = 1_000_000
BARE = 'tag = "Animation"\nthreshold = 0.5\naction = "skip"'


@pytest.mark.parametrize(
    ("more", "resting"),
    [
        ("", [1, 3]),
        # Padded away from its boundaries, an edge rests on them none the less.
        ("pad_before = 0.3\npad_after = 0.3", [1, 3]),
        ('snap = "shot"', [1, 3]),
        # The ends of the film are known.
        ('snap = "film"', []),
    ],
)
def test_the_brackets_at_both_ends_and_none_within(more: str, resting: list[int]) -> None:
    shots = film(0.0, 0.9, 0.9, 0.0, 0.0)
    around = {n: Boundary(n * SECOND - 100_000, n * SECOND + 100_000) for n in range(1, 5)}
    shots = [replace(shot, begins=around.get(n, shot.begins)) for n, shot in enumerate(shots)]
    verdict = verdict_on(shots, policy(f"{BARE}\n{more}"))
    expected = [Span(around[n].lo_us, around[n].hi_us) for n in resting]
    assert vague_brackets(verdict, shots) == expected


def test_exact_boundaries_are_left_alone() -> None:
    shots = film(0.0, 0.9, 0.0)
    assert vague_brackets(verdict_on(shots, policy(BARE)), shots) == []
