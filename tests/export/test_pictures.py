"""Pictures in folders by tag: merged where they are the same, split by where they come from."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from filmdex.db.errors import ModelError
from filmdex.export.folds import by_source
from filmdex.export.pictures import read_set, source_of
from filmdex.export.vocabulary import Vocabulary
from hypothesis import assume, given
from hypothesis import strategies as st

VOCABULARY = Vocabulary.shipped()


def draw(path: Path, seed: int, size: tuple[int, int] = (90, 60)) -> None:
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.resize(small, size, interpolation=cv2.INTER_CUBIC))


def test_the_vocabulary_is_the_fifty_of_the_study() -> None:
    assert len(set(VOCABULARY.names)) == 50
    assert (VOCABULARY.names[0], VOCABULARY.names[-1]) == ("Action", "Drama")


def test_the_same_picture_in_two_folders_shows_both_tags(tmp_path: Path) -> None:
    draw(tmp_path / "Forest/a_1.png", 1)
    draw(tmp_path / "Animal/b_1.png", 1, (180, 120))
    draw(tmp_path / "_none/c_1.png", 2)
    found = read_set(tmp_path, VOCABULARY)
    assert found.files == 3
    shown = {frozenset(VOCABULARY.names[c] for c in p.columns) for p in found.pictures}
    assert shown == {frozenset({"Forest", "Animal"}), frozenset()}


def test_the_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    draw(tmp_path / "Forest/a_1.png", 1)
    first = read_set(tmp_path, VOCABULARY).digest
    draw(tmp_path / "Forest/a_1.png", 2)
    second = read_set(tmp_path, VOCABULARY).digest
    (tmp_path / "Forest/a_1.png").rename(tmp_path / "Forest/a_2.png")
    assert len({first, second, read_set(tmp_path, VOCABULARY).digest}) == 3


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("Forst/a_1.png", b"x", "Forst is not in the vocabulary"),
        ("Forest/a_1.png", b"", "not a picture that can be read"),
        ("Forest/a_1.png", b"no picture", "not a picture that can be read"),
    ],
)
def test_what_cannot_be_used_is_named(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=reason):
        read_set(tmp_path, VOCABULARY)


def test_no_pictures_are_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no pictures in folders by tag"):
        read_set(tmp_path, VOCABULARY)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("f8k_12.jpg", "f8k"),
        ("sunsuna_1.jpg", "sun"),
        ("sunbsunb_x_1.jpg", "sun"),
        ("a.jpg", "a.jpg"),
    ],
)
def test_a_pictures_source_is_in_its_name(name: str, source: str) -> None:
    assert source_of(name) == source


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30)), min_size=60, max_size=120))
def test_no_source_is_on_both_sides(rows: list[tuple[int, int]]) -> None:
    labels = np.zeros((len(rows), 3), np.float32)
    for row, (tag, _) in enumerate(rows):
        labels[row, tag] = 1
    sources = tuple(str(source) for _, source in rows)
    assume(len(set(sources)) >= 3)
    held = by_source(labels, sources, 3, seed=1)
    assert sorted(np.concatenate(held).tolist()) == list(range(len(rows)))
    of_folds = [{sources[row] for row in fold} for fold in held]
    assert sum(map(len, of_folds)) == len(set(sources))
