"""A stretch of a film shows the same as the whole film does there."""

from pathlib import Path

import numpy as np
import pytest
from clips import BLUE, GREEN, RED, Take, render
from filmdex.db.errors import MediaError
from filmdex.db.records import Span
from filmdex.indexer.stretch import Stretch
from films_seen import see

SECOND, FRAME_US = 1_000_000, 40_000
TAKES = [Take(colour, 50 + n) for n, colour in enumerate([RED, GREEN, BLUE] * 4)]


@pytest.mark.parametrize(
    ("name", "codec", "gop"),
    [
        ("a.mkv", "libx264", 48),
        ("a.mp4", "libx264", 250),  # one keyframe, two at most
        ("a.ts", "libx264", 48),
        ("a.avi", "mpeg4", 30),
        ("late.mkv", "mpeg4", 12),
    ],
)
def test_a_stretch_has_the_cuts_and_pictures_of_the_whole_film(
    tmp_path: Path, name: str, codec: str, gop: int
) -> None:
    film = render(
        tmp_path / name, TAKES, codec=codec, gop=gop, first_pts=70 * name.startswith("late")
    )
    whole = see(film)
    theirs = {one.sample.time_us: one.picture for one in whole.samples}
    for first, end in ((0, 30), (90, 400), (401, 402), (500, 666)):
        start_us, end_us = first * FRAME_US, end * FRAME_US
        part = Stretch(Span(start_us, end_us), whole.facts.container_offset_us)
        seen = see(film, stretch=part)
        assert seen.shots[0].span.start_us == start_us
        assert seen.shots[-1].span.end_us == end_us
        assert seen.cuts_us == [cut for cut in whole.cuts_us if start_us < cut < end_us]
        assert seen.facts.frames == end - first
        ours = {one.sample.time_us: one.picture for one in seen.samples}
        shared = ours.keys() & theirs.keys()
        assert shared or first != 90
        assert all(np.array_equal(ours[at], theirs[at]) for at in shared)


def test_a_stretch_after_the_end_is_refused(tmp_path: Path) -> None:
    film = render(tmp_path / "short.mkv", TAKES[:2])
    with pytest.raises(MediaError, match="no frame of"):
        see(film, stretch=Stretch(Span(90 * SECOND, 91 * SECOND), 0))
