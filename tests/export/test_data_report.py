"""The report on a data set says what a person must know, in words and as JSON."""

import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from drawn import draw
from filmdex.export import datasets
from filmdex.export.data_report import MOST_NAMED, document, print_report
from filmdex.export.datasets import DataSet
from filmdex.export.splits import Splits, split
from filmdex.export.vocabulary import Vocabulary
from rich.console import Console

VOCABULARY = Vocabulary.shipped()


@pytest.fixture
def data(tmp_path: Path) -> DataSet:
    for number in range(60):
        folder = ("Forest", "Animal", "_none")[number % 3]
        source = "one" if folder == "Animal" else f"s{number % 10}"
        draw(tmp_path / f"{folder}/{source}_{number}.png", number)
    draw(tmp_path / "Robot/s0_0.png", 0)
    (tmp_path / "Forest" / os.fsdecode(b"caf\xe9\x1b[31m.jpg")).write_text("bread, milk")
    (tmp_path / "SOURCES.tsv").touch()
    return datasets.read(tmp_path, VOCABULARY)


def printed(data: DataSet, splits: Splits) -> list[str]:
    file = io.StringIO()
    print_report(data, splits, Console(file=file, width=200, markup=False, highlight=False))
    return [line.rstrip() for line in file.getvalue().splitlines()]


@pytest.fixture
def splits(data: DataSet) -> Splits:
    return split(data.pictures, len(VOCABULARY.tags), 1)


def row(lines: list[str], tag: str) -> str:
    [line] = [line for line in lines if line.startswith(f"{tag} ")]
    return line


def test_a_person_is_told_what_there_is(data: DataSet, splits: Splits) -> None:
    lines = printed(data, splits)
    assert lines[0].startswith(
        "61 files, 60 pictures from 11 sources; 20 pictures without a tag; digest "
    )
    assert lines[1] == (
        "1 picture in several files, counted once: 1 byte for byte, 1 with different tags (they "
        "show all of them), 0 in more than one source"
    )
    tag, pictures, sources, _, *sides = row(lines, "Forest").split()
    assert (tag, pictures, sources, sum(map(int, sides))) == ("Forest", "20", "10", 20)
    assert row(lines, "Animal").split()[1:4] == ["20", "1", "100%"]
    assert row(lines, "Animal").endswith("  one source: cannot be held out")
    assert row(lines, "Robot").endswith("  too few to learn: 20 are needed")
    assert row(lines, "Nudity").endswith("  no pictures")


def test_what_was_left_out_is_named_safely(data: DataSet, splits: Splits) -> None:
    lines = printed(data, splits)
    place = lines.index("Left out: 1 that cannot be read")
    assert lines[place + 1].startswith(r"  Forest/caf\xe9\x1b[31m.jpg: not a picture of a kind")
    assert "  SOURCES.tsv" in lines


def test_leaks_are_told_and_a_long_list_is_cut(data: DataSet, splits: Splits) -> None:
    assert "No picture is on two sides, nor one like it" in printed(data, splits)
    pairs = [(low, high) for low in splits.train[:4] for high in splits.test[:3]]
    leaking = replace(data, audit=replace(data.audit, alike=tuple(pairs)))
    lines = printed(leaking, splits)
    assert f"{len(pairs)} pairs of like pictures on two sides: see below" in lines
    assert lines.count(f"  and {len(pairs) - MOST_NAMED} more") == 1
    assert sum("(train), " in line for line in lines) == MOST_NAMED
    told = document(leaking, splits)["leaks"]
    assert len(told) == len(pairs)
    assert told[0]["sides"] == ["train", "test"]


def test_as_json_it_says_the_same(data: DataSet, splits: Splits) -> None:
    told = json.loads(json.dumps(document(data, splits), ensure_ascii=False).encode())
    assert (told["files"], told["pictures"], told["sources"]) == (61, 60, 11)
    tags = {entry["tag"]: entry for entry in told["tags"]}
    assert sum(tags["Forest"]["splits"].values()) == tags["Forest"]["pictures"] == 20
    assert (tags["Animal"]["cannot_be_held_out"], tags["Robot"]["too_few"]) == (True, True)
    assert told["splits"] == {
        "train": len(splits.train),
        "validation": len(splits.validation),
        "test": len(splits.test),
    }
    assert told["duplicates"] == [
        {
            "names": ["Forest/s0_0.png", "Robot/s0_0.png"],
            "exact": True,
            "tags_differ": True,
            "sources": ["s0"],
        }
    ]
    assert told["unreadable"][0]["path"] == r"Forest/caf\xe9\x1b[31m.jpg"
    assert told["aside"] == ["SOURCES.tsv"]
