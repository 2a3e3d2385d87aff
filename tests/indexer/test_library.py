"""Which files are films, what they are called, and whether two are the same."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from filmdex.indexer.fingerprint import BLOCK, BLOCKS, fingerprint
from filmdex.indexer.library import Found, Unreadable, films_at, looks_like_a_film


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("film.mkv", True),
        ("FILM.MP4", True),
        ("film.m2ts", True),
        ("film.mkv.part", False),
        ("film.mp4.crdownload", False),
        (".film.mkv", False),
        ("film.mkv~", False),
        ("film.txt", False),
        ("list.m3u8", False),
        ("mkv", False),
    ],
)
def test_a_scan_takes_films_and_leaves_what_is_not_finished(name: str, taken: bool) -> None:
    assert looks_like_a_film(name) is taken


def paths(*roots: Path) -> list[str]:
    return [one.path for one in films_at(map(str, roots)) if isinstance(one, Found)]


def test_folders_are_searched_in_order_and_every_film_is_met_once(tmp_path: Path) -> None:
    for name in ("b.mkv", "a.mkv", "notes.txt", "deep/er/c.mp4", ".hidden/d.mkv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "link.mkv").symlink_to(tmp_path / "a.mkv")
    os.link(tmp_path / "a.mkv", tmp_path / "hard.mkv")
    found = paths(tmp_path, tmp_path / "a.mkv")
    assert [Path(path).name for path in found] == ["a.mkv", "b.mkv", "c.mp4"]


def test_a_loop_of_links_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "a.mkv").touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    assert len(paths(tmp_path)) == 1


def test_a_named_file_is_taken_whatever_its_suffix(tmp_path: Path) -> None:
    (tmp_path / "film.bin").write_bytes(b"x")
    assert paths(tmp_path / "film.bin") == [str(tmp_path / "film.bin")]


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    (one,) = films_at([str(tmp_path / "gone")])
    assert one == Unreadable(str(tmp_path / "gone"), "No such file or directory")


def test_a_pipe_is_no_film(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mkv")
    (one,) = films_at([str(tmp_path / "pipe.mkv")])
    assert one == Unreadable(str(tmp_path / "pipe.mkv"), "not a file")


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder of somebody without privileges, who runs the test: root may read everything."""
    with tempfile.TemporaryDirectory() as name:
        if os.geteuid() != 0:
            yield Path(name)
            return
        os.chown(name, 65534, 65534)
        os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            os.seteuid(0)


def test_a_folder_without_permission_is_named_and_the_others_go_on(nobody: Path) -> None:
    (nobody / "a.mkv").touch()
    (nobody / "shut").mkdir(mode=0)
    found = list(films_at([str(nobody)]))
    assert Unreadable(str(nobody / "shut"), "Permission denied") in found
    assert len(found) == 2


def test_a_name_that_is_not_utf8_keeps_its_bytes(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.mkv"
    with open(name, "wb") as file:
        file.write(b"x")
    (one,) = films_at([str(tmp_path)])
    assert isinstance(one, Found)
    assert one.location.path == name


def name_of(path: Path) -> str:
    fd = os.open(path, os.O_RDONLY)
    try:
        return fingerprint(fd).fingerprint
    finally:
        os.close(fd)


def test_a_film_is_its_content(tmp_path: Path) -> None:
    content = os.urandom(BLOCK * (BLOCKS + 3) + 17)
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(content)
    second.write_bytes(content)
    assert name_of(first) == name_of(second)
    for place in (0, len(content) // 2, len(content) - 1):
        changed = bytearray(content)
        # Whole blocks: between them a change may go unseen, which the docstring says.
        changed[max(0, place - BLOCK) : place + BLOCK] = bytes(min(place, BLOCK) + BLOCK)
        second.write_bytes(bytes(changed[: len(content)]))
        assert name_of(first) != name_of(second)
    second.write_bytes(content + b"\0")
    assert name_of(first) != name_of(second)


def test_every_byte_of_a_small_file_counts(tmp_path: Path) -> None:
    path = tmp_path / "small"
    names = set()
    for place in range(0, BLOCK * 2, BLOCK // 4):
        content = bytearray(BLOCK * 2)
        content[place] = 1
        path.write_bytes(content)
        names.add(name_of(path))
    assert len(names) == 8
