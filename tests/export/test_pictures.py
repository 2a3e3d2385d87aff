"""Pictures in folders by tag: merged where they are the same, split by where they come from."""

from pathlib import Path

import numpy as np
import pytest
from drawn import draw
from filmdex.db.errors import ModelError
from filmdex.export.folds import by_source
from filmdex.export.listing import source_of
from filmdex.export.pictures import Picture, PictureSet, read_set
from filmdex.export.vocabulary import Vocabulary
from hypothesis import assume, given
from hypothesis import strategies as st

VOCABULARY = Vocabulary.shipped()


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
        ("Forst/a_1.png", b"x", r"Forst is not in the vocabulary \(the nearest is Forest\)"),
        ("Forest/a_1.png", b"", "Forest/a_1.png: an empty file; take it out"),
        ("Forest/a_1.png", b"no picture", "Forest/a_1.png: not a picture of a kind that is read"),
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


def pictures(*kin: tuple[str, str]) -> PictureSet:
    return PictureSet(
        tuple(Picture(Path(s), s, frozenset(), kin=frozenset(other)) for s, other in kin), "", 0
    )


def test_sources_with_like_pictures_are_one_group() -> None:
    found = pictures(("a", "b"), ("b", ""), ("c", "d"), ("d", "c"), ("e", ""), ("f", "")).groups
    assert found == ("a", "a", "c", "c", "e", "f")


def test_a_group_of_more_than_half_is_not_made() -> None:
    # a and b are half of the pictures; with c they would be more.
    assert pictures(("a", "b"), ("b", "c"), ("c", ""), ("d", "")).groups == ("a", "a", "c", "d")
