"""Training, validation, test: each picture on one side, no source on two, each tag on all."""

import json
from pathlib import Path

import numpy as np
import pytest
from drawn import draw
from filmdex.db.errors import ModelError
from filmdex.export import datasets
from filmdex.export.datasets import DataSet
from filmdex.export.pictures import Picture, PictureSet
from filmdex.export.splits import SIDES, Leak, Splits, leaks, split
from filmdex.export.vocabulary import Vocabulary
from hypothesis import given, settings
from hypothesis import strategies as st

VOCABULARY = Vocabulary.shipped()
TAGS = 4

rows = st.tuples(
    st.integers(0, 40), st.frozensets(st.integers(0, TAGS - 1)), st.frozensets(st.integers(0, 40))
)


def picture_set(rows: list[tuple[int, frozenset[int], frozenset[int]]]) -> PictureSet:
    return PictureSet(
        tuple(
            Picture(Path(str(n)), f"s{source}", columns, kin=frozenset(f"s{k}" for k in kin))
            for n, (source, columns, kin) in enumerate(rows)
        ),
        digest="d",
        files=len(rows),
    )


def singles(count: int) -> PictureSet:
    """Give pictures that are each from a source of their own, and show one tag in turn."""
    return picture_set([(n, frozenset({n % TAGS}), frozenset()) for n in range(count)])


@given(st.lists(rows, min_size=1, max_size=80), st.integers(0, 3))
def test_no_group_is_on_two_sides(
    drawn: list[tuple[int, frozenset[int], frozenset[int]]], seed: int
) -> None:
    pictures = picture_set(drawn)
    try:
        splits = split(pictures, TAGS, seed)
    except ModelError as error:
        assert "cannot be split" in str(error)  # noqa: PT017  either is right
        return
    assert sorted(splits.train + splits.validation + splits.test) == list(range(len(drawn)))
    for kind in (pictures.groups, pictures.sources):
        sides = {(one, side) for one, side in zip(kind, splits.sides, strict=True)}
        assert len(sides) == len(set(kind))
    assert split(pictures, TAGS, seed) == splits


@settings(max_examples=25)
@given(st.integers(60, 160), st.integers(0, 100))
def test_single_pictures_are_split_80_10_10_in_each_tag(count: int, seed: int) -> None:
    pictures = singles(count)
    splits = split(pictures, TAGS, seed)
    labels = pictures.labels(TAGS)
    for side, share in zip(SIDES, (0.8, 0.1, 0.1), strict=True):
        rows = list(getattr(splits, side))
        assert len(rows) == pytest.approx(share * count, abs=TAGS)
        np.testing.assert_allclose(labels[rows].sum(axis=0), share * labels.sum(axis=0), atol=2)


@given(st.lists(st.integers(1, 30), min_size=3, max_size=12), st.integers(0, 3))
def test_a_tag_of_three_sources_is_on_all_sides(sizes: list[int], seed: int) -> None:
    drawn = [(n, frozenset({0}), frozenset()) for n, size in enumerate(sizes) for _ in range(size)]
    splits = split(picture_set(drawn), TAGS, seed)
    assert len(splits.train) >= max(sizes)


def test_another_seed_splits_otherwise() -> None:
    assert split(singles(100), TAGS, 1) != split(singles(100), TAGS, 2)


def test_one_source_cannot_be_split() -> None:
    drawn = [(7, frozenset({n % 2}), frozenset()) for n in range(40)]
    with pytest.raises(ModelError, match="40 pictures from 1 sources cannot be split"):
        split(picture_set(drawn), TAGS, 1)


def test_splits_are_whole() -> None:
    with pytest.raises(ValueError, match="nothing is in validation and test"):
        Splits((0,), (), ())
    with pytest.raises(ValueError, match="not each of 3 rows once"):
        Splits((0,), (1,), (1,))


# -- kept in a file ----------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path: Path) -> DataSet:
    for number in range(12):
        folder = ("Forest", "Animal", "_none")[number % 3]
        draw(tmp_path / f"{folder}/s{number}_1.png", number)
    return datasets.read(tmp_path, VOCABULARY)


def test_splits_are_read_again(data: DataSet) -> None:
    splits = split(data.pictures, len(VOCABULARY.tags), 3)
    text = splits.dumps(data)
    assert Splits.loads(text, data) == splits
    assert json.loads(text)["data_set"] == data.pictures.digest
    assert set(json.loads(text)["test"]) == {data.names[row] for row in splits.test}


def test_splits_of_another_data_set_are_refused(data: DataSet) -> None:
    text = split(data.pictures, len(VOCABULARY.tags), 3).dumps(data)
    draw(data.root / "Forest/new_1.png", 99)
    with pytest.raises(ModelError, match="of another data set"):
        Splits.loads(text, datasets.read(data.root, VOCABULARY))


def damaged(text: str, **values: object) -> str:
    return json.dumps(json.loads(text) | values)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"format": 2}, "of format 2, not 1"),
        ({"test": ["Forest/nowhere.png"]}, "damaged"),
        ({"test": 7}, "damaged"),
        ({"test": []}, "damaged .nothing is in test"),
    ],
)
def test_damaged_splits_are_refused(data: DataSet, values: dict[str, object], reason: str) -> None:
    text = split(data.pictures, len(VOCABULARY.tags), 3).dumps(data)
    with pytest.raises(ModelError, match=f"splits: {reason}"):
        Splits.loads(damaged(text, **values), data)


def test_splits_that_miss_pictures_are_refused(data: DataSet) -> None:
    names = data.names
    kept = damaged(
        split(data.pictures, len(VOCABULARY.tags), 3).dumps(data),
        **{side: [names[row]] for row, side in enumerate(SIDES)},
    )
    with pytest.raises(ModelError, match="some pictures are on no side"):
        Splits.loads(kept, data)


@pytest.mark.parametrize("text", ["", "[]", "{}", "7"])
def test_what_is_no_file_of_splits_is_refused(data: DataSet, text: str) -> None:
    with pytest.raises(ModelError, match="not a file of splits"):
        Splits.loads(text, data)


# -- like pictures on two sides ----------------------------------------------------------------


def test_like_pictures_are_kept_together_or_told(data: DataSet) -> None:
    alike = datasets.DataSet(
        data.root, data.pictures, datasets.Audit((), 0, (), ((0, 1), (0, 2)), (), ())
    )
    splits = Splits((0, 1), (2,), tuple(range(3, 12)))
    assert leaks(splits, alike) == (Leak((data.names[0], data.names[2]), ("train", "validation")),)
