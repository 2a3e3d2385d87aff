"""What people read: names that mean harm, pipes, terminals that cannot draw blocks."""

import io
import json
import re

import pytest
from filmdex.db.records import (
    Boundary,
    Film,
    FilmFacts,
    FilmIdentity,
    Indexed,
    ModelFacts,
    Precision,
    RunSettings,
    Shot,
    ShotState,
    Span,
    TagFacts,
    Transition,
    TransitionKind,
)
from filmdex.indexer.cli import output
from filmdex.indexer.cli.portrait import ASCII, BLOCKS, bar, ink_for, portrait
from rich.console import Console


def _printed(*parts: object, width: int = 200) -> str:
    file = io.StringIO()
    out = Console(file=file, width=width, markup=False, emoji=False, highlight=False)
    for part in parts:
        out.print(part)
    return file.getvalue()


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Žižkov 東京　駅.mkv", "Žižkov 東京　駅.mkv"),
        ("a\x1b[31mb\x07\x9bc", "a\\x1b[31mb\\x07\\x9bc"),
        ("two\nlines\tand\u2028more", "two\\nlines\\tand\\u2028more"),
        ("txt\u202egpj", "txt\\u202egpj"),
        (b"caf\xe9".decode("utf-8", "surrogateescape"), "caf\\xe9"),
    ],
)
def test_text_is_shown_so_that_any_terminal_takes_it(text: str, safe: str) -> None:
    assert output.shown(text) == safe


def test_a_cell_says_what_it_holds_on_one_line() -> None:
    table = output.plain_table("Title", "What")
    table.row("[red]x[nored] :smile: [/x]", output.plain("a\nb", "red"))
    assert _printed(table).splitlines()[1].split() == [
        "[red]x[nored]",
        ":smile:",
        "[/x]",
        "a\\nb",
    ]


def test_a_row_stays_a_line_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    table = output.plain_table("Title", "Tags")
    title = "a word " * 40 + "end"
    table.row(title, "tag")
    output.console().print(table)
    assert title + "  tag" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 films"), (1, "1 film"), (2, "2 films"), (11, "11 films")]
)
def test_one_is_no_plural(number: int, words: str) -> None:
    assert output.counted(number, "film") == words


def test_ink_is_what_the_terminal_can_print() -> None:
    assert ink_for("utf-8") is BLOCKS
    assert ink_for("latin-1") is ink_for("ascii") is ASCII
    assert bar(0.5, ASCII, 4) == "##  "
    assert bar(0.6, ASCII, 4) == "##  "
    assert bar(0.65, ASCII, 4) == "##- "
    assert (ASCII.eighths + ASCII.shades).isascii()
    assert (len(ASCII.eighths), len(ASCII.shades)) == (len(BLOCKS.eighths), len(BLOCKS.shades))


def test_json_holds_what_stdout_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, "latin-1", "backslashreplace"))
    output.print_json(["😀 é \x1b"])
    output.print_rows(output.Format.JSONL, [{"a": "😀"}], ["a"])
    first, _, second = raw.getvalue().decode("latin-1").rpartition("]\n")
    assert json.loads(first + "]") == ["😀 é \x1b"]
    assert json.loads(second) == {"a": "😀"}


def test_shots_are_listed_though_no_tag_was_seen() -> None:
    gradual = Transition(TransitionKind.DISSOLVE, 4, 6)
    shots = [
        Shot(Span(0, 5), Boundary(0, 0), ShotState.LOOKED_AT, (), (0.1,)),
        Shot(Span(5, 9), Boundary(5, 5), ShotState.NOT_LOOKED_AT, (), None, gradual),
    ]
    run = Indexed(
        run_id=1,
        model_digest="d",
        settings=RunSettings.of(Precision.EXACT, cuts="hybrid"),
        provider="cpu",
        facts=FilmFacts("matroska", "h264", 2, 2, 0, 25.0, 9, 0, 4, 1, 1),
        shots=2,
        indexed_us=0,
    )
    film = Film(1, FilmIdentity("f", 1), "a\x1b\n", (b"/a\x1b\xff.mkv",), run)
    model = ModelFacts("d", "n", "1", (TagFacts("Sea", "sea", "g", "trained", 0.5),))
    text = _printed(*portrait(film, run, shots, model, 80, BLOCKS, with_shots=True))
    assert "No tag was seen in it." in text
    assert len(re.findall(r"^ +\d  0:00\.0  0:00\.0  .*looked at", text, re.M)) == 2
    assert "dissolve, 0.0 s  not looked at" in text
    assert "2 shots (exact, cuts by hybrid, a network saw 25%)" in text
    assert text.startswith("a\\x1b\\n   id:1\n/a\\x1b\\xff.mkv\n")
    assert "1 decoding error," in text
