"""How cuts are found in files: by which method, with what kinds, and what the network saw of it."""

from pathlib import Path

import numpy as np
import pytest
from clips import BLUE, GREEN, RED, Take, cuts_us, render, render_pictures
from filmdex.db.records import TransitionKind
from filmdex.indexer.cuts_method import CutMethod
from films_seen import see
from made_thumbnails import FRAME_US, dissolve, fade, film, take

TAKES = [Take(RED, 40), Take(GREEN, 30), Take(BLUE, 45)]


@pytest.mark.parametrize("method", CutMethod)
def test_every_method_finds_plain_cuts(tmp_path: Path, method: CutMethod) -> None:
    seen = see(render(tmp_path / "plain.mkv", TAKES), method=method)
    assert seen.cuts_us == cuts_us(TAKES)
    assert all(shot.transition is None for shot in seen.shots)
    expected = seen.facts.frames if method is CutMethod.TRANSNET else 0
    assert seen.facts.network_frames == expected


def test_gradual_transitions_are_told_with_their_intervals(tmp_path: Path) -> None:
    thumbnails = film(take(1, 50), dissolve(1, 2, 20), take(2, 50), fade(2, 3, 10), take(3, 50))
    large = thumbnails.repeat(4, axis=1).repeat(4, axis=2)
    seen = see(render_pictures(tmp_path / "gradual.mkv", np.ascontiguousarray(large)))
    first, second = (shot.transition for shot in seen.shots[1:])
    assert first is not None
    assert second is not None
    assert (first.kind, second.kind) == (TransitionKind.DISSOLVE, TransitionKind.FADE)
    near = 4 * FRAME_US
    assert first.first_us == pytest.approx(50 * FRAME_US, abs=near)
    assert first.last_us == pytest.approx(70 * FRAME_US, abs=near)
    assert second.first_us == pytest.approx(120 * FRAME_US, abs=near)
    assert second.last_us == pytest.approx(143 * FRAME_US, abs=near)
    assert 0 < seen.facts.network_frames < seen.facts.frames
