"""Which models have spoken in a database."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from filling import MODEL, TAGS, rows
from filmdex.db import models
from filmdex.db.records import ModelFacts, TagFacts
from filmdex.db.store import Store


def test_a_model_is_read_back_as_it_was_registered(store: Store) -> None:
    with store.writing() as db:
        model_id = models.register(db, MODEL)
        assert models.read(db, model_id) == MODEL


def test_registering_again_changes_nothing(store: Store) -> None:
    with store.writing() as db:
        model_id = models.register(db, MODEL)
        assert models.register(db, MODEL) == model_id
    assert rows(store, "SELECT count(*) FROM model") == [(1,)]
    assert rows(store, "SELECT count(*) FROM model_tag") == [(len(TAGS),)]


def test_models_share_tags_each_in_its_own_order_and_with_its_own_threshold(store: Store) -> None:
    newer = ModelFacts(
        "b" * 64,
        "plain",
        "2",
        (
            TagFacts("Forest", "forest", "place", "measured", 0.25),
            *(replace(tag, status="weak", threshold=0.125) for tag in reversed(TAGS)),
        ),
    )
    with store.writing() as db:
        first, second = models.register(db, MODEL), models.register(db, newer)
        assert models.read(db, first) == MODEL
        assert models.read(db, second) == newer
        assert models.tag_ids(db, second)[1:] == tuple(reversed(models.tag_ids(db, first)))
    assert rows(store, "SELECT count(*) FROM tag") == [(len(TAGS) + 1,)]


def test_tag_ids_are_in_the_order_of_the_vector(store: Store) -> None:
    with store.writing() as db:
        model_id = models.register(db, MODEL)
        ids = models.tag_ids(db, model_id)
    names = dict(rows(store, "SELECT id, name FROM tag"))
    assert [names[key] for key in ids] == [tag.tag for tag in TAGS]


def test_a_model_that_names_a_tag_twice_is_refused_whole(store: Store) -> None:
    twice = replace(MODEL, tags=(*TAGS, TAGS[0]))
    with pytest.raises(sa.exc.IntegrityError, match=r"(?i)unique"), store.writing() as db:
        models.register(db, twice)
    assert rows(store, "SELECT * FROM model") == rows(store, "SELECT * FROM tag") == []
