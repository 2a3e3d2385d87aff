"""One look at a root: what it finds, what it passes over, and what it must not believe."""

import os
from pathlib import Path

import pytest
from filmdex.indexer.library import SUFFIXES, looks_like_a_film
from filmdex.indexer.watch.scan import Filter, look, may_be_a_film
from hypothesis import given
from hypothesis import strategies as st

ALL = Filter.of((), ())


def names(root: Path, only: Filter = ALL) -> set[str]:
    start = os.fsencode(root) + b"/"
    return {os.fsdecode(path.removeprefix(start)) for path in look(os.fsencode(root), only).files}


def put(root: Path, *below: str) -> None:
    for name in below:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())


def test_films_are_found_in_every_folder_with_what_the_file_system_says(tmp_path: Path) -> None:
    put(tmp_path, "a.mkv", "deep/er/b.MP4", "notes.txt", ".hidden/c.mkv", ".d.mkv", "e.mkv.part")
    seen = look(os.fsencode(tmp_path), ALL)
    assert names(tmp_path) == {"a.mkv", "deep/er/b.MP4"}
    facts = (tmp_path / "a.mkv").stat()
    assert seen.files[os.fsencode(tmp_path / "a.mkv")] == (
        facts.st_size,
        facts.st_mtime_ns,
        facts.st_dev,
        facts.st_ino,
    )
    assert set(seen.folders) == {os.fsencode(tmp_path / p) for p in ("", "deep", "deep/er")}


@pytest.mark.parametrize(
    ("include", "exclude", "left"),
    [
        ((), (), {"a.mkv", "in/b.mp4", "trailers/c.mkv", "x/trailers/d.mkv"}),
        (("*.mkv",), (), {"a.mkv", "trailers/c.mkv", "x/trailers/d.mkv"}),
        ((), ("trailers", "*/trailers"), {"a.mkv", "in/b.mp4"}),
        (("*.mkv",), ("*trailers*",), {"a.mkv"}),
        (("in/*", "a.*"), (), {"a.mkv", "in/b.mp4"}),
    ],
)
def test_globs_are_matched_from_the_root_on(
    tmp_path: Path, include: tuple[str, ...], exclude: tuple[str, ...], left: set[str]
) -> None:
    put(tmp_path, "a.mkv", "in/b.mp4", "trailers/c.mkv", "x/trailers/d.mkv")
    assert names(tmp_path, Filter.of(include, exclude)) == left


def test_an_excluded_folder_is_not_entered(tmp_path: Path) -> None:
    put(tmp_path, "no/deep/a.mkv")
    seen = look(os.fsencode(tmp_path), Filter.of((), ("no",)))
    assert set(seen.folders) == {os.fsencode(tmp_path)}


def test_loops_of_links_end_and_links_to_films_are_taken(tmp_path: Path) -> None:
    put(tmp_path, "a/film.mkv")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "link.mkv").symlink_to(tmp_path / "a" / "film.mkv")
    (tmp_path / "nowhere.mkv").symlink_to(tmp_path / "gone.mkv")
    (tmp_path / "itself.mkv").symlink_to(tmp_path / "itself.mkv")
    os.mkfifo(tmp_path / "pipe.mkv")
    assert names(tmp_path) == {"a/film.mkv", "link.mkv"}


def test_a_name_that_is_not_utf8_keeps_its_bytes(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9/\xff.mkv"
    Path(os.fsdecode(name)).parent.mkdir()
    with open(name, "wb"):
        pass
    assert list(look(os.fsencode(tmp_path), ALL).files) == [name]


def test_a_root_that_is_gone_shows_no_folder(tmp_path: Path) -> None:
    seen = look(os.fsencode(tmp_path / "gone"), ALL)
    assert not seen.folders
    assert list(seen.unread.values()) == ["No such file or directory"]


@given(st.one_of(st.sampled_from(sorted(SUFFIXES)).map("film{}".format), st.text(max_size=12)))
def test_the_quick_question_has_the_answer_of_the_slow_one(name: str) -> None:
    if "\0" in name or "/" in name or not name.isprintable() or not name.isascii():
        return
    assert may_be_a_film(name.encode()) == looks_like_a_film(name)
    assert may_be_a_film(name.upper().encode()) == looks_like_a_film(name.upper())
