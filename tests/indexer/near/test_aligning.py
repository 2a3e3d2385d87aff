"""Stretches that two films show, where it is known which they are."""

import json
from pathlib import Path

import numpy as np
import pytest
from clips import BLACK, BLUE, GREEN, RED, Take, render
from commands import Run, at_home
from filmdex.db.records import Span
from filmdex.indexer.near.aligning import APART_US, FilmLooks, Reuse, reused
from hypothesis import given
from hypothesis import strategies as st

SECOND = 1_000_000
WIDTH = 48


def film(
    number: int, lengths_us: list[int], looks: np.ndarray, plain: tuple[int, ...] = ()
) -> FilmLooks:
    """Make a film of shots of these lengths, each looked at once but those that are `plain`."""
    ends = np.cumsum(lengths_us)
    shots = np.array([n for n in range(len(lengths_us)) if n not in plain], np.int64)
    directions = looks / np.linalg.norm(looks, axis=1, keepdims=True)
    return FilmLooks(number, ends - lengths_us, ends, shots, directions[shots].astype(np.float32))


def lengths(rng: np.random.Generator, shots: int) -> list[int]:
    result: list[int] = (rng.integers(20, 200, shots) * 40_000).tolist()
    return result


def looks(rng: np.random.Generator, shots: int) -> np.ndarray:
    return rng.standard_normal((shots, WIDTH))


def noisy(rng: np.random.Generator, some: np.ndarray) -> np.ndarray:
    """Look at the same as another encoder left it: cosines of about 0.9."""
    result: np.ndarray = some + 0.45 * rng.standard_normal(some.shape)
    return result


@given(
    st.integers(0, 10_000), st.integers(0, 20), st.integers(5, 20), st.integers(0, 9), st.booleans()
)
def test_a_part_of_a_film_is_found_in_another_wherever_it_lies(
    seed: int, first: int, shots: int, before: int, trims: bool
) -> None:
    rng = np.random.default_rng(seed)
    whole_us, whole = lengths(rng, 40), looks(rng, 40)
    part_us = whole_us[first : first + shots]
    trim_us = part_us[0] // 2 // 40_000 * 40_000 if trims else 0
    part_us[0] -= trim_us
    own_us = lengths(rng, before)
    other_us = [*own_us, *part_us, *lengths(rng, 3)]
    seen = np.concatenate(
        [looks(rng, before), noisy(rng, whole[first : first + shots]), looks(rng, 3)]
    )
    found = reused(film(1, whole_us, whole), film(2, other_us, seen))
    start_us = sum(whole_us[:first]) + trim_us
    truth = Span(start_us, start_us + sum(part_us))
    assert [(reuse.span, reuse.other_span.start_us) for reuse in found] == [(truth, sum(own_us))]
    assert found[0].other_span.length_us == truth.length_us
    assert found[0].shots >= shots - 1
    assert found[0].similarity > 0.8


@pytest.mark.parametrize("seed", range(12))
def test_the_same_sets_in_other_shots_are_no_reuse(seed: int) -> None:
    """Another episode: all shots look like some of the first, none is cut as they are."""
    rng = np.random.default_rng(seed)
    one = looks(rng, 30)
    again = noisy(rng, one[rng.permutation(30)])
    # Half frames between, so that no offset of cuts is as any other by chance.
    lengths_us = (rng.integers(20_000, 200_000, 30) * 40).tolist()
    other_us = (rng.integers(20_000, 200_000, 30) * 40).tolist()
    found = reused(film(1, lengths_us, one), film(2, other_us, again))
    assert found == []


def test_titles_and_black_that_every_film_has_are_no_reuse() -> None:
    """A shot that looks like another film's, and is cut as it is: alone it says nothing."""
    rng = np.random.default_rng(3)
    card = looks(rng, 1)
    one = film(1, [2 * SECOND, *lengths(rng, 9)], np.concatenate([card, looks(rng, 9)]))
    other = film(2, [2 * SECOND, *lengths(rng, 9)], np.concatenate([card, looks(rng, 9)]))
    assert reused(one, other) == []


@pytest.mark.parametrize(("late_us", "is_found"), [(0, True), (40_000, True), (90_000, False)])
def test_two_whole_shots_are_enough_where_they_are_cut_alike_to_the_frame(
    late_us: int, is_found: bool
) -> None:
    """An excerpt of few shots: what comes before and after is other footage."""
    rng = np.random.default_rng(8)
    whole_us, whole = lengths(rng, 12), looks(rng, 12)
    own_us, own = lengths(rng, 2), looks(rng, 4)
    other_us = [own_us[0], whole_us[4], whole_us[5] + late_us, own_us[1]]
    seen = np.concatenate([own[:1], noisy(rng, whole[4:6]), own[1:2]])
    found = reused(film(1, whole_us, whole), film(2, other_us, seen))
    assert [reuse.shots for reuse in found] == ([2] if is_found else [])


def test_two_whole_shots_say_nothing_where_others_look_more_like_them() -> None:
    rng = np.random.default_rng(9)
    whole_us, whole = lengths(rng, 12), looks(rng, 12)
    whole[9] = whole[4]
    other_us = [2 * SECOND, whole_us[4], whole_us[5], 3 * SECOND]
    like_both = np.stack([looks(rng, 1)[0], whole[9], noisy(rng, whole[5:6])[0], looks(rng, 1)[0]])
    whole[4] = noisy(rng, whole[4:5])[0]
    assert reused(film(1, whole_us, whole), film(2, other_us, like_both)) == []


def test_shots_that_show_little_are_reached_over_where_they_are_cut_alike() -> None:
    rng = np.random.default_rng(4)
    lengths_us, seen = lengths(rng, 12), looks(rng, 12)
    dark = (0, 1, 6, 11)
    (found,) = reused(film(1, lengths_us, seen, dark), film(2, lengths_us, noisy(rng, seen), dark))
    assert found.span == found.other_span == Span(0, sum(lengths_us))
    assert found.shots == 8


def test_two_parts_in_another_order_are_two_stretches() -> None:
    rng = np.random.default_rng(5)
    lengths_us, seen = lengths(rng, 20), looks(rng, 20)
    order = [*range(12, 18), *range(3, 9)]
    other = film(2, [lengths_us[n] for n in order], noisy(rng, seen[order]))
    found = reused(film(1, lengths_us, seen), other)
    assert [reuse.shots for reuse in found] == [6, 6]
    assert found[0].other_span.start_us == found[1].other_span.end_us


def test_what_is_found_does_not_depend_on_which_film_is_first() -> None:
    rng = np.random.default_rng(6)
    lengths_us, seen = lengths(rng, 20), looks(rng, 20)
    one = film(1, lengths_us, seen)
    other = film(2, lengths_us[5:15], noisy(rng, seen[5:15]))
    turned = [
        Reuse(r.other_id, r.other_span, r.film_id, r.span, r.similarity, r.shots)
        for r in reused(other, one)
    ]
    assert turned == reused(one, other)


def test_a_film_in_which_nothing_was_seen_has_nothing_in_common() -> None:
    rng = np.random.default_rng(7)
    full = film(1, lengths(rng, 5), looks(rng, 5))
    empty = FilmLooks(
        2, full.starts_us, full.ends_us, np.zeros(0, np.int64), np.zeros((0, 0), np.float32)
    )
    assert reused(full, empty) == []
    assert reused(empty, full) == []


# -- the command -------------------------------------------------------------------------------

YELLOW, PINK = (210, 200, 40), (220, 60, 180)
FILM = [
    Take(RED, 30),
    Take(GREEN, 43),
    Take(YELLOW, 25),
    Take(BLUE, 52),
    Take(PINK, 37),
    Take(GREEN, 61),
]


@pytest.fixture
def run(tmp_path: Path, bundle_path: Path) -> Run:
    run = at_home(tmp_path, FILMDEX_MODEL__BUNDLE=str(bundle_path))
    render(tmp_path / "film.mkv", FILM)
    # It begins later, another codec wrote it, and something else comes before it.
    part = [Take(BLACK, 20, flat=True), Take(GREEN, 22), *FILM[2:5]]
    render(tmp_path / "part.mp4", part, codec="libx264", gop=50, options={"crf": "30"})
    render(tmp_path / "other.mkv", [Take(BLUE, 33), Take(RED, 58), Take(GREEN, 19), Take(BLUE, 47)])
    assert (
        run("index", *(tmp_path / name for name in ("film.mkv", "part.mp4", "other.mkv"))).code == 0
    )
    return run


def test_a_part_of_a_film_in_another_file_is_told(run: Run) -> None:
    said = run("duplicates", "--json")
    (row,) = json.loads(said.out)
    titles = {row["title"]: "", row["other_title"]: "other_"}
    assert set(titles) == {"film", "part"}, said.err
    in_film, in_part = titles["film"], titles["part"]
    frame_us = 40_000
    assert row[f"{in_film}end_us"] == pytest.approx(187 * frame_us, abs=APART_US)
    assert row[f"{in_part}end_us"] == pytest.approx(156 * frame_us, abs=APART_US)
    assert row[f"{in_film}start_us"] == pytest.approx(51 * frame_us, abs=APART_US)
    assert run("duplicates").out.count("\n") == 2
    assert json.loads(run("duplicates", "part", "--json").out) == [row]
    assert run("duplicates", "other").code == 3


def test_with_an_index_the_answer_is_the_same(run: Run, tmp_path: Path) -> None:
    before = run("duplicates", "--json")
    assert run("db", "near").code == 0
    assert run("duplicates", "--json") == before
    assert run("duplicates", "--exact", "--json") == before
    render(tmp_path / "again.mkv", [Take(PINK, 12), *FILM[1:4]])
    assert run("index", tmp_path / "again.mkv").code == 0
    said = run("duplicates", "again", "--json")
    rows = json.loads(said.out)
    # Three of the film's shots, two of which are in the part of it too.
    assert [{row["title"], row["other_title"]} for row in rows] == [
        {"film", "again"},
        {"part", "again"},
    ]
    assert "1 film not in the index" in said.err
