"""What was found by looking at pictures, added to what their folders say."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from filmdex.db.errors import ModelError
from filmdex.export import noted_pictures, picture_notes
from filmdex.export.picture_notes import Note, Notes, Rule
from filmdex.export.vocabulary import Vocabulary

VOCABULARY = Vocabulary.shipped()
FOREST, ANIMAL, ANIMATION, MONSTER = map(
    VOCABULARY.column, ("Forest", "Animal", "Animation", "Monster")
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, name in enumerate(("Animation/a_1.png", "Monster/b_1.png", "Forest/c_1.png")):
        rng = np.random.default_rng(seed)
        small = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)
        (tmp_path / name).parent.mkdir()
        cv2.imwrite(str(tmp_path / name), cv2.resize(small, (90, 60)))
    return tmp_path


def test_a_note_adds_to_what_the_folder_says(folder: Path) -> None:
    note = Note(frozenset({FOREST}), frozenset({ANIMAL, ANIMATION}))
    notes = Notes((), {"Animation/a_1.png": note})
    first, *others = noted_pictures.read(folder, VOCABULARY, notes).pictures
    assert first.columns == {ANIMATION, FOREST}
    assert first.unsettled == {ANIMAL}
    assert all(not other.unsettled and len(other.columns) == 1 for other in others)


def test_a_note_settles_what_a_rule_left_open(folder: Path) -> None:
    rule = Rule(ANIMAL, frozenset(), frozenset(), frozenset({MONSTER}))
    notes = Notes((rule,), {"Monster/b_1.png": Note(frozenset({ANIMAL}), frozenset())})
    monster = noted_pictures.read(folder, VOCABULARY, notes).pictures[2]
    assert (monster.columns, monster.unsettled) == ({MONSTER, ANIMAL}, set())


def test_a_note_on_a_picture_that_is_not_there_is_refused(folder: Path) -> None:
    notes = Notes((), {"Forest/gone.png": Note(frozenset(), frozenset())})
    with pytest.raises(ModelError, match=r"note on Forest/gone\.png, which is not there"):
        noted_pictures.read(folder, VOCABULARY, notes)


def test_what_may_be_drawn_is_of_the_drawn_style(folder: Path) -> None:
    maybe = Note(frozenset(), frozenset({ANIMATION}))
    chosen = noted_pictures.read(folder, VOCABULARY, Notes((), {"Forest/c_1.png": maybe}))
    assert noted_pictures.styles(chosen, VOCABULARY).tolist() == [True, True, False]


def test_a_column_cannot_be_shown_and_unsettled() -> None:
    with pytest.raises(ValueError, match="both shown and unsettled"):
        Note(frozenset({1}), frozenset({1, 2}))


def test_the_notes_that_ship_name_tags_of_the_vocabulary() -> None:
    notes = picture_notes.shipped(VOCABULARY)
    assert notes.pictures
    assert all(note.shows or note.unsettled for note in notes.pictures.values())
