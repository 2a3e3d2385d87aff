"""Searching as a person or a script does it: why, nearly, and what is new since last time."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from filling import SECOND, add_film, film_tag, index, looked_at
from filmdex.db.store import Store
from filmdex.indexer.cli.main import cli

Ask = Callable[..., Result]
THRESHOLD = 0.5
BLOCK = 'name = "block"\n[[rule]]\ntag = "Animation"\nthreshold = 0.7\naction = "block"\n'


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "library.db"


@pytest.fixture
def ask(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    # A library is searched without the model that made it.
    monkeypatch.setenv("FILMDEX_MODEL__BUNDLE", str(tmp_path / "none"))
    monkeypatch.setenv("FILMDEX_POLICY__FOLDER", str(tmp_path))

    def asked(command: str, *arguments: str) -> Result:
        return CliRunner().invoke(cli, [command, *arguments, "--database", str(database)])

    return asked


def put(
    database: Path, number: int, *probabilities: float, name: str = "", second: float = 1
) -> None:
    """Index, or index again, a film of shots of `second` seconds each, by Animation alone."""
    length_us = round(second * SECOND)
    shots = [
        looked_at(n * length_us, (n + 1) * length_us, p, 0.0, 0.0, 0.0)
        for n, p in enumerate(probabilities)
    ]
    with Store.open(database) as store, store.writing() as db:
        film_id = add_film(db, number, f"/films/{name or number}.mkv".encode())
        peak = max(probabilities)
        tags = [replace(film_tag("Animation", peak), present=peak >= THRESHOLD)]
        index(db, film_id, shots, tags)


def titles(said: Result) -> list[str]:
    return [hit["title"] for hit in json.loads(said.stdout)["hits"]]


def test_an_answer_says_why_and_what_was_nearly_found(ask: Ask, database: Path) -> None:
    put(database, 1, 0.75, name="Playtime (1967)")
    put(database, 2, 0.5, name="Trafic (1971)")
    said = ask("search", "animation>=0.6", "year:1960-1980")
    assert said.exit_code == 0
    assert "Animation>=0.6: peak 0.75" in said.stdout
    assert "year>=1960: 1967" in said.stdout
    assert "1 more just under: 'Animation>=0.5 (year>=1960 year<=1980)'" in said.stderr
    document: dict[str, Any] = json.loads(ask("search", "animation>=0.6", "--json").stdout)
    assert document["total"] == {"count": 1, "capped": False}
    assert document["near_misses"] == {"count": 1, "capped": False, "query": "Animation>=0.5"}
    [hit] = document["hits"]
    assert hit["why"] == [{"term": "Animation>=0.6", "found": "peak 0.75, 3.0 s"}]
    rows = ask("search", "--shots", "animation>=0.6", "--csv").stdout.splitlines()
    assert rows[0] == "film_id,title,path,shot,start_us,end_us,tags,why"
    assert rows[1].endswith("Animation>=0.6: 0.75")


def test_orders_by_year_with_unknown_ones_last(ask: Ask, database: Path) -> None:
    for number, name in enumerate(("B (1967)", "C", "A (1980)"), 1):
        put(database, number, 0.75, name=name)
    for order, expected in (("year", ["A", "B", "C"]), ("year asc", ["B", "A", "C"])):
        found = titles(ask("search", "animation", "--order", order, "--json"))
        assert [title[0] for title in found] == expected


def test_a_verdict_can_be_asked_for(ask: Ask, database: Path, tmp_path: Path) -> None:
    (tmp_path / "strict.toml").write_text(BLOCK, encoding="utf-8")
    put(database, 1, 0.75, name="Loud")
    put(database, 2, 0.5, name="Quiet")
    assert titles(ask("search", "verdict(strict):blocked", "--json")) == ["Loud"]
    assert titles(ask("search", "not verdict(strict):blocked", "--json")) == ["Quiet"]
    assert titles(ask("search", "verdict(strict):allowed", "--json")) == ["Quiet"]
    refused = ask("search", f'verdict("{tmp_path}/strict.toml"):blocked')
    assert "no policy" in str(refused.exception)


def test_a_saved_search_tells_what_is_new(ask: Ask, database: Path) -> None:
    put(database, 1, 0.75, name="First")
    assert ask("search", "--save", "drawn", "animation").exit_code == 0
    assert ask("search", "--saved", "drawn", "--since-last").exit_code == 3
    put(database, 2, 0.75, name="Second")
    # Indexed again, still found: nothing new.
    put(database, 1, 0.875, 0.875, name="First")
    assert titles(ask("search", "--saved", "drawn", "--json")) == ["First", "Second"]
    said = ask("search", "--saved", "drawn", "--since-last")
    assert "Second" in said.stdout
    assert "First" not in said.stdout
    assert "new since" in said.stderr
    assert ask("search", "--saved", "drawn", "--since-last").exit_code == 3
    assert titles(ask("search", "--saved", "drawn", "--json")) == ["First", "Second"]
    assert titles(ask("search", "found:drawn", "--json")) == ["First", "Second"]


def test_what_there_was_no_room_to_show_is_new_the_next_time(ask: Ask, database: Path) -> None:
    put(database, 1, 0.25, name="0")
    ask("search", "--save", "drawn", "animation")
    for number in (1, 2, 3):
        put(database, number, 0.75, name=str(number))
    first = ask("search", "--saved", "drawn", "--since-last", "--limit", "2")
    assert "ask again for the rest" in first.stderr
    assert "--cursor" not in first.stderr
    rest = ask("search", "--saved", "drawn", "--since-last", "--limit", "2", "--json")
    assert titles(rest) == ["3"]


def test_shots_are_new_where_no_found_one_lies(ask: Ask, database: Path) -> None:
    put(database, 1, 0.75, 0.125, 0.125, name="First")
    ask("search", "--save", "drawn", "--shots", "animation")
    # Cut otherwise: what was found is now in shots 1 and 2; shot 5 is new.
    put(database, 1, 0.75, 0.75, 0.125, 0.125, 0.875, name="First", second=0.5)
    said = json.loads(ask("search", "--saved", "drawn", "--since-last", "--json").stdout)
    assert [hit["shot"] for hit in said["hits"]] == [5]
    assert ask("search", "--saved", "drawn", "--since-last").exit_code == 3


def test_saved_searches_are_listed_and_removed(ask: Ask, database: Path) -> None:
    put(database, 1, 0.75)
    ask("search", "--save", "drawn", "--shots", "--order", "time", "animation")
    [row] = json.loads(ask("searches", "--json").stdout)
    assert (row["name"], row["query"], row["shots"], row["order"]) == (
        "drawn", "animation", True, "time",
    )  # fmt: skip
    assert "drawn" in ask("searches").stdout
    taken = ask("search", "--save", "drawn", "animation")
    assert "there is a saved search 'drawn'" in str(taken.exception)
    assert ask("searches", "remove", "drawn").exit_code == 0
    assert json.loads(ask("searches", "--json").stdout) == []
    for command in (("search", "--saved", "drawn"), ("searches", "remove", "drawn")):
        assert "there is no saved search 'drawn'" in str(ask(*command).exception)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "A QUERY, or --saved NAME"),
        (("--since-last", "animation"), "--since-last belongs to --saved"),
        (("--saved", "x", "animation"), "has its own query"),
        (("--saved", "x", "--shots"), "has its own query"),
        (("--saved", "x", "--save", "y"), "has its own query"),
        (("--saved", "x", "--since-last", "--cursor", "y"), "without --cursor"),
        (("--save", "x", "--cursor", "y", "animation"), "the first page"),
    ],
)
def test_options_that_contradict_each_other(ask: Ask, arguments: tuple[str], says: str) -> None:
    refused = ask("search", *arguments)
    assert refused.exit_code == 2
    assert says in refused.stderr
