"""Kinds of transition, on transitions of a known kind."""

import pytest
from filmdex.db.records import TransitionKind
from filmdex.indexer.cuts_kinds import kind_of
from made_thumbnails import dissolve, fade, film, take, wipe


@pytest.mark.parametrize("frames", [4, 10, 30])
@pytest.mark.parametrize("pair", [(1, 2), (3, 4), (5, 6), (8, 7)])
def test_each_kind_is_told_from_the_others(pair: tuple[int, int], frames: int) -> None:
    old, new = pair
    for kind, made in (
        (TransitionKind.DISSOLVE, dissolve),
        (TransitionKind.WIPE, wipe),
        (TransitionKind.FADE, fade),
    ):
        shown = film(take(old, 1), made(old, new, frames), take(new, 1))
        assert kind_of(list(shown)) is kind
