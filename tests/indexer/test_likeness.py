"""What looks alike, among shots and films whose likeness is known by construction."""

import json
from pathlib import Path

import numpy as np
import pytest
from clips import BLACK, BLUE, GREEN, RED, Take, render
from commands import Run, at_home
from filmdex.db.records import Boundary, ModelFacts, Shot, ShotState, Span, TagFacts
from filmdex.db.vectors import compact
from filmdex.indexer.likeness import Profile, likest
from filmdex.indexer.story import stretches


def stored(*rows: list[float]) -> list[bytes]:
    return compact(np.array(rows, np.float32))


WAR, PEACE, BOTH = [1.0, 0.0, 0.2], [0.0, 1.0, 0.2], [0.7, 0.7, 0.2]


def films(*of: tuple[dict[str, float], list[float]]) -> list[Profile]:
    vectors = stored(*(look for _, look in of))
    return [
        Profile(n, tags, vector)
        for n, ((tags, _), vector) in enumerate(zip(of, vectors, strict=True), 1)
    ]


def test_a_film_of_the_same_tags_and_looks_comes_first() -> None:
    library = films(
        ({"War": 0.5, "Snow": 0.1}, WAR),
        ({"Peace": 0.5}, PEACE),
        ({"War": 0.4}, WAR),
        ({"War": 0.4, "Peace": 0.4}, BOTH),
    )
    found = likest(library, 1, 10)
    assert [one.film_id for one in found] == [3, 4, 2]
    assert found[0].because == ("War",)
    assert found[0].by_looks == pytest.approx(1.0, abs=1e-3)
    assert found[-1].because == ()
    assert found[-1].by_tags == 0
    assert likest(library, 1, 1) == found[:1]


def test_a_rare_tag_in_common_counts_for_more() -> None:
    everywhere = [({"Animation": 0.5}, BOTH)] * 8
    library = films(
        ({"Animation": 0.5, "Snow": 0.5}, BOTH),
        ({"Animation": 0.5, "Police": 0.5}, BOTH),
        ({"Snow": 0.5, "Weapon": 0.5}, BOTH),
        *everywhere,
    )
    by_tags = {one.film_id: one.by_tags for one in likest(library, 1, 20)}
    assert by_tags[3] > by_tags[2]


def test_films_without_tags_are_compared_by_looks() -> None:
    found = likest(films(({}, WAR), ({}, PEACE), ({}, WAR)), 1, 10)
    assert [(one.film_id, one.by_tags) for one in found] == [(3, 0.0), (2, 0.0)]


MODEL = ModelFacts(
    "d",
    "made",
    "1",
    (
        TagFacts("War", "war", "g", "measured", 0.5),
        TagFacts("Sea", "sea", "g", "measured", 0.25),
        TagFacts("Prison", "prison", "g", "untrained", None),
    ),
)


def shot(start_us: int, end_us: int, *probabilities: float) -> Shot:
    state = ShotState.LOOKED_AT if probabilities else ShotState.NOT_LOOKED_AT
    span = Span(start_us, end_us)
    return Shot(span, Boundary(start_us, start_us), state, (), probabilities or None)


def test_a_stretch_has_the_tags_that_fill_a_fifth_of_what_was_seen() -> None:
    shots = [
        shot(0, 2_000_000, 0.75, 0.0, 0.9),
        shot(2_000_000, 9_000_000, 0.0, 0.25, 0.9),
        shot(9_000_000, 12_000_000),
        shot(12_000_000, 13_000_000),
    ]
    first, second = stretches(shots, [0, 3], MODEL)
    assert (first.first, first.last, first.span, first.seen_us) == (
        0,
        2,
        Span(0, 12_000_000),
        9_000_000,
    )
    assert [(t.tag, t.seconds, t.peak) for t in first.tags] == [
        ("Sea", 7.0, 0.25),
        ("War", 2.0, 0.75),
    ]
    assert first.tags[0].coverage == pytest.approx(7 / 9)
    assert (second.seen_us, second.tags) == (0, ())


@pytest.fixture
def run(tmp_path: Path, bundle_path: Path) -> Run:
    run = at_home(tmp_path, FILMDEX_MODEL__BUNDLE=str(bundle_path))
    render(tmp_path / "one.mkv", [Take(RED, 30), Take(GREEN, 30), Take(BLACK, 30, flat=True)])
    render(tmp_path / "two.mkv", [Take(BLUE, 30), Take((230, 40, 40), 60)])
    render(tmp_path / "three.mkv", [Take(BLUE, 60), Take(GREEN, 30)])
    said = run("index", *(tmp_path / f"{name}.mkv" for name in ("one", "two", "three")))
    assert said.code == 0, said.err
    return run


def test_films_are_compared_and_told(run: Run) -> None:
    rows = json.loads(run("like", "one", "--json").out)
    assert {row["title"] for row in rows} == {"two", "three"}
    assert rows[0]["likeness"] >= rows[1]["likeness"]
    assert "In common" in run("like", "one").out
    (only,) = json.loads(run("story", "one", "--json").out)
    assert (only["first_shot"], only["last_shot"], only["end_us"]) == (1, 3, 3_600_000)
    assert "Red 33%" in run("story", "one").out
    assert run("story", "four").code == 1
