"""Data sets as people have them: folders and tables, with all that lies about in them."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from drawn import draw, drawing
from filmdex.db.errors import ModelError
from filmdex.export import datasets, picture_notes
from filmdex.export.datasets import DataSet
from filmdex.export.pictures import read_set
from filmdex.export.vocabulary import Vocabulary, nearest
from hypothesis import given
from hypothesis import strategies as st

OWN = Vocabulary.parse(
    json.dumps(
        {
            "source": "an archive",
            "tags": [
                {"tag": tag, "slug": slug, "folder": folder, "group": "places"}
                for tag, slug, folder in (
                    ("Forest", "forest", "Forest"),
                    ("Beach/Sea", "beach-sea", "Beach-Sea"),
                    ("Café", "cafe", "Café"),
                )
            ],
        }
    )
)


def small(root: Path) -> Path:
    draw(root / "Forest/a_1.png", 1)
    draw(root / "Forest/b_1.jpg", 2)
    draw(root / "Beach-Sea/a_2.png", 3)
    draw(root / "_none/c_1.png", 4)
    return root


def shown(data: DataSet) -> dict[str, set[str]]:
    return {
        name: {OWN.names[column] for column in picture.columns}
        for name, picture in zip(data.names, data.pictures.pictures, strict=True)
    }


def unreadable(data: DataSet) -> dict[str, str]:
    return {one.path: one.reason for one in data.audit.unreadable}


# -- folders -----------------------------------------------------------------------------------


def test_a_folder_by_tag(tmp_path: Path) -> None:
    data = datasets.read(small(tmp_path), OWN)
    assert shown(data) == {
        "Beach-Sea/a_2.png": {"Beach/Sea"},
        "Forest/a_1.png": {"Forest"},
        "Forest/b_1.jpg": {"Forest"},
        "_none/c_1.png": set(),
    }
    assert data.pictures.sources == ("a", "a", "b", "c")
    assert data.pictures == read_set(tmp_path, OWN)
    forest, beach, cafe = data.audit.tags
    assert (forest.pictures, forest.sources, forest.largest) == (2, 2, 0.5)
    assert (beach.too_few, beach.cannot_be_held_out, forest.cannot_be_held_out) == (1, 1, 0)
    assert (cafe.pictures, cafe.sources, data.audit.without_tag) == (0, 0, 1)


def test_what_cannot_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    clean = datasets.read(small(tmp_path), OWN).pictures
    forest = tmp_path / "Forest"
    (forest / "empty.jpg").touch()
    (forest / "list.jpg").write_text("bread, milk")
    (forest / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    (forest / "gone.jpg").symlink_to("nowhere.jpg")
    (forest / "loop.jpg").symlink_to("loop.jpg")
    os.mkfifo(forest / "pipe.jpg")
    drawing(9, (1, 1)).save(forest / "dot.png")
    data = datasets.read(tmp_path, OWN)
    assert data.pictures == clean
    assert {name: reason.split(" ")[0] for name, reason in unreadable(data).items()} == {
        "Forest/Thumbs.db": "not",
        "Forest/dot.png": "1",
        "Forest/empty.jpg": "an",
        "Forest/gone.jpg": "No",
        "Forest/list.jpg": "not",
        "Forest/loop.jpg": "Too",
        "Forest/pipe.jpg": "not",
    }
    with pytest.raises(ModelError, match=r"Thumbs\.db: not a picture of a kind .* take it out"):
        read_set(tmp_path, OWN)


def test_what_is_no_part_of_it_is_set_aside(tmp_path: Path) -> None:
    small(tmp_path)
    (tmp_path / "README.txt").write_text("from the estate")
    (tmp_path / ".git").mkdir()
    (tmp_path / "Forest/.DS_Store").touch()
    draw(tmp_path / "Forest/older/a_9.png", 9)
    (tmp_path / "Forest/up").symlink_to("..")
    data = datasets.read(tmp_path, OWN)
    assert data.audit.aside == ("README.txt", "Forest/older", "Forest/up")
    assert (unreadable(data), data.pictures.files) == ({}, 4)


def test_a_name_need_not_be_utf_8(tmp_path: Path) -> None:
    small(tmp_path)
    name = os.fsdecode(b"Forest/caf\xe9_1.png")
    draw(tmp_path / name, 7)
    data = datasets.read(tmp_path, OWN)
    assert name in data.names
    assert data.pictures.sources[data.names.index(name)] == os.fsdecode(b"caf\xe9")


def test_accents_may_be_stored_apart(tmp_path: Path) -> None:
    draw(small(tmp_path) / "Cafe\u0301/d_1.png", 5)
    assert shown(datasets.read(tmp_path, OWN))["Cafe\u0301/d_1.png"] == {"Café"}


@pytest.fixture
def locked() -> Iterator[Path]:
    """Give a folder for a user who is not root, whom nothing is locked for."""
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
        if root:
            os.seteuid(0)


def test_what_is_locked_is_named(locked: Path) -> None:
    small(locked)
    draw(locked / "Café/d_1.png", 5)
    (locked / "Forest/b_1.jpg").chmod(0)
    (locked / "Café").chmod(0)
    if os.geteuid() == 0:
        os.seteuid(65534)
    data = datasets.read(locked, OWN)
    assert unreadable(data) == {
        "Café": "Permission denied",
        "Forest/b_1.jpg": "Permission denied",
    }


def state(root: Path) -> list[tuple[Path, int, int, bytes]]:
    return [
        (path, path.stat().st_mtime_ns, path.stat().st_mode, path.read_bytes())
        for path in sorted(root.rglob("*"))
        if path.is_file()
    ]


def test_nothing_is_written(tmp_path: Path) -> None:
    before = state(table(small(tmp_path), CSV).parent)
    datasets.read(tmp_path, OWN)
    datasets.read(tmp_path / "set.csv", OWN)
    assert state(tmp_path) == before


def test_reading_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    datasets.read(small(tmp_path), OWN, tell=lambda done, of: told.append((done, of)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


# -- what makes training pointless -------------------------------------------------------------


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no pictures in folders by tag"):
        datasets.read(tmp_path, OWN)


def test_a_folder_of_nothing_readable_names_the_first(tmp_path: Path) -> None:
    (tmp_path / "Forest").mkdir()
    (tmp_path / "Forest/a.jpg").touch()
    with pytest.raises(ModelError, match=r"no picture can be read; Forest/a\.jpg: an empty file"):
        datasets.read(tmp_path, OWN)


@pytest.mark.parametrize(("folder", "said"), [("Forest", "Forest"), ("_none", "no tag")])
def test_one_class_is_an_error(tmp_path: Path, folder: str, said: str) -> None:
    draw(tmp_path / folder / "a_1.png", 1)
    draw(tmp_path / folder / "b_1.png", 2)
    with pytest.raises(ModelError, match=f"every picture shows {said}, so there is nothing to"):
        datasets.read(tmp_path, OWN)


def test_an_unknown_folder_is_an_error_with_the_nearest(tmp_path: Path) -> None:
    draw(small(tmp_path) / "beach/a_1.png", 1)
    with pytest.raises(ModelError, match=r"beach is not in the vocabulary .the nearest is Beach-S"):
        datasets.read(tmp_path, OWN)


def test_something_else_is_not_a_data_set(tmp_path: Path) -> None:
    (tmp_path / "set.xlsx").touch()
    with pytest.raises(ModelError, match=r"neither a folder by tag nor a \.csv or \.jsonl file"):
        datasets.read(tmp_path / "set.xlsx", OWN)


# -- the same picture --------------------------------------------------------------------------


def test_copies_are_one_picture_with_all_their_tags(tmp_path: Path) -> None:
    small(tmp_path)
    (tmp_path / "Beach-Sea/a_1.png").write_bytes((tmp_path / "Forest/a_1.png").read_bytes())
    draw(tmp_path / "_none/z_1.jpg", 3, (180, 120))
    data = datasets.read(tmp_path, OWN)
    first, second = data.audit.duplicates
    assert first.names == ("Beach-Sea/a_1.png", "Forest/a_1.png")
    assert (first.exact, first.tags_differ, first.sources) == (True, True, ("a",))
    assert second.names == ("Beach-Sea/a_2.png", "_none/z_1.jpg")
    assert (second.exact, second.tags_differ, second.sources) == (False, True, ("a", "z"))
    assert shown(data)["Beach-Sea/a_1.png"] == {"Forest", "Beach/Sea"}
    assert shown(data)["Beach-Sea/a_2.png"] == {"Beach/Sea"}
    kin = dict(zip(data.names, (p.kin for p in data.pictures.pictures), strict=True))
    assert {name: set(others) for name, others in kin.items() if others} == {
        "Beach-Sea/a_2.png": {"z"}
    }


def test_pictures_of_one_colour_are_not_the_same(tmp_path: Path) -> None:
    small(tmp_path)
    for number, colour in enumerate(((0, 0, 0), (255, 255, 255), (9, 9, 9))):
        plain = drawing(1)
        plain.paste(colour, (0, 0, *plain.size))
        plain.save(tmp_path / f"Forest/p_{number}.png")
    assert datasets.read(tmp_path, OWN).audit.duplicates == ()


# -- tables ------------------------------------------------------------------------------------


def table(root: Path, text: str, name: str = "set.csv") -> Path:
    (root / name).write_text(text, encoding="utf-8")
    return root / name


CSV = """\
path,tags,source,title
Forest/a_1.png,Forest;Beach/Sea,estate,"One, two"
Forest/b_1.jpg,forest | Café,estate,
./Beach-Sea/a_2.png,Beach-Sea,Smith,
_none/c_1.png,_none,Smith,
"""
JSONL = [
    {"path": "Forest/a_1.png", "tags": ["Forest", "Beach/Sea"], "source": "estate"},
    {"path": "Forest/b_1.jpg", "tags": ["Forest", "Café"], "source": "estate"},
    {"path": "_none/c_1.png", "tags": ["_none"], "source": "Smith"},
    {"path": "Beach-Sea/a_2.png", "tags": ["Beach/Sea"], "source": "Smith"},
]


def test_a_table_says_the_same_as_csv_and_as_json_lines(tmp_path: Path) -> None:
    small(tmp_path)
    as_csv = datasets.read(table(tmp_path, "\ufeff" + CSV), OWN)
    text = "\n".join(json.dumps(row) for row in JSONL) + "\n\n"
    as_jsonl = datasets.read(table(tmp_path, text, "set.jsonl"), OWN)
    assert as_csv.pictures == as_jsonl.pictures
    assert as_csv.audit.aside == ("column title",)
    assert shown(as_csv) == {
        "Beach-Sea/a_2.png": {"Beach/Sea"},
        "Forest/a_1.png": {"Forest", "Beach/Sea"},
        "Forest/b_1.jpg": {"Forest", "Café"},
        "_none/c_1.png": set(),
    }
    assert as_csv.pictures.sources == ("Smith", "estate", "estate", "Smith")


def test_the_digest_covers_what_a_table_says(tmp_path: Path) -> None:
    small(tmp_path)
    texts = (CSV, CSV.replace("Smith", "Jones"), CSV.replace("Café", "Beach/Sea"))
    digests = {datasets.read(table(tmp_path, text), OWN).pictures.digest for text in texts}
    digests.add(datasets.read(tmp_path, OWN).pictures.digest)
    assert len(digests) == 4


def test_lines_on_one_picture_add_up_and_the_source_is_in_the_name(tmp_path: Path) -> None:
    small(tmp_path)
    lines = "path,tags\nForest/a_1.png,Forest\nForest/a_1.png,Café\n_none/c_1.png,_none\n"
    data = datasets.read(table(tmp_path, lines), OWN)
    assert shown(data)["Forest/a_1.png"] == {"Forest", "Café"}
    assert (data.pictures.sources, data.audit.duplicates) == (("a", "c"), ())


def test_a_picture_that_a_table_names_may_be_gone(tmp_path: Path) -> None:
    data = datasets.read(table(small(tmp_path), CSV + "Forest/x.png,Forest,Smith,\n"), OWN)
    assert unreadable(data) == {"Forest/x.png": "No such file or directory"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("path,tags\na.png,Forst\n", "line 2: no tag 'Forst' .*; the nearest is 'Forest'"),
        ("path;tags\na.png;Forest\n", "line 1: no column path and no column tags; the first"),
        ("path,tags\na.png,Forest,Café\n", "line 2: not as many cells as columns"),
        ("path,tags\na.png\n", "line 2: not as many cells as columns"),
        ("path,tags\n,Forest\n", "line 2: no path"),
        ("path,tags\na.png, ;\n", "line 2: no tags; write _none for"),
        ("path,tags\na.png,_none;Forest\n", "line 2: _none and a tag for one picture"),
        ("path,tags,source\na.png,Forest,\n", "line 2: the source is empty"),
        ("path,tags,source\na,Forest,x\na,Café,y\n", "line 3: a is from 'x' by a line before"),
        ("path,tags\na,Forest\na,_none\n", "line 3: a shows a tag by one line, and _none by"),
        ('path,tags\n"a,Forest\n', r"line \d: not CSV"),
        ("path,tags\n", "names no pictures"),
        ("", "line 1: no column path"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ModelError, match=rf"set\.csv(, |: ){reason}"):
        datasets.read(table(tmp_path, text), OWN)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('\n{"path": "a"', "line 2: not JSON"),
        ("[" * 100_000, "line 1: not JSON"),
        ("[]", "line 1: not a JSON object"),
        ('{"path": "a", "tags": "Forest"}', "line 1: the tags are not a list of names"),
        ('{"path": "a", "tags": [1]}', "line 1: the tags are not a list of names"),
        ('{"path": "a\\u0000", "tags": ["Forest"]}', "line 1: no path"),
        ('{"path": "a", "tags": ["Forest"], "source": null}', "line 1: the source is empty"),
    ],
)
def test_a_json_line_that_cannot_be_read_is_named(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ModelError, match=rf"set\.jsonl, {reason}"):
        datasets.read(table(tmp_path, text, "set.jsonl"), OWN)


def test_a_table_is_utf_8(tmp_path: Path) -> None:
    (tmp_path / "set.csv").write_bytes("path,tags\na,Café\n".encode("latin-1"))
    with pytest.raises(ModelError, match="not UTF-8; save it as UTF-8"):
        datasets.read(tmp_path / "set.csv", OWN)


# -- vocabularies ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not as"),
        ('{"source": "x", "tags": []}', "no tags"),
        ('{"source": "x", "tags": [{"tag": "a"}]}', "'slug' is missing"),
        ('{"source": "x", "tags": [{"tag": 1, "slug": "", "folder": "", "group": ""}]}', "tag is"),
    ],
)
def test_a_vocabulary_of_ones_own_must_be_whole(text: str, reason: str) -> None:
    with pytest.raises(ModelError, match=f"vocabulary: .*{reason}"):
        Vocabulary.parse(text)


@given(st.text())
def test_for_every_text_there_is_a_nearest_tag(text: str) -> None:
    assert nearest(text, OWN.names) in OWN.names


@pytest.mark.parametrize("text", ["Café", "cafe", "Cafe\u0301"])
def test_a_tag_is_found_by_any_of_its_names(text: str) -> None:
    assert OWN.names[OWN.find(text)] == "Café"


def test_the_rules_of_a_data_set_are_applied(tmp_path: Path) -> None:
    draw(tmp_path / "Monster/artist_1.png", 1)
    draw(tmp_path / "Robot/artist_2.png", 2)
    vocabulary = Vocabulary.shipped()
    rules = picture_notes.shipped(vocabulary).rules
    monster, robot = datasets.read(tmp_path, vocabulary, rules).pictures.pictures
    animation = vocabulary.column("Animation")
    assert animation in monster.columns
    assert robot.unsettled == {animation}
