"""Each CHECK refuses what the code would never write, however it comes."""

import pytest
import sqlalchemy as sa
from filling import FACTS, REFUSED, add_film, film_tag, index, looked_at, plain, rows
from filmdex.db import jobs, reviews, saved_searches
from filmdex.db.records import Decision, FilmFacts, Opinion, Span
from filmdex.db.saved_searches import SavedSearch
from filmdex.db.store import Store
from filmdex.db.tables import metadata

# The first column is the constraint; the statement breaks that one and no other.
WRONG = [
    ("ck_film_size", "UPDATE film SET size = -1"),
    ("ck_index_run_state", "UPDATE index_run SET state = 'done'"),
    ("ck_index_run_precision", "UPDATE index_run SET precision = 'rough'"),
    ("ck_index_run_finished", "UPDATE index_run SET finished_us = NULL"),
    ("ck_index_run_finished", "UPDATE index_run SET state = 'building'"),
    ("ck_model_tag_status", "UPDATE model_tag SET status = 'hoped' WHERE ordinal = 0"),
    ("ck_model_tag_threshold", "UPDATE model_tag SET threshold = 0.5 WHERE ordinal = 2"),
    ("ck_model_tag_threshold", "UPDATE model_tag SET threshold = NULL WHERE ordinal = 0"),
    ("ck_shot_state", "UPDATE shot SET state = 9"),
    ("ck_shot_span", "UPDATE shot SET end_us = start_us"),
    ("ck_shot_span", "UPDATE shot SET end_us = start_us"),
    ("ck_shot_bracket", "UPDATE shot SET early_us = start_us + 1"),
    ("ck_shot_bracket", "UPDATE shot SET early_us = -1"),
    ("ck_shot_bracket", "UPDATE shot SET late_us = -1"),
    ("ck_shot_looked_at", "UPDATE shot SET probabilities = NULL"),
    ("ck_shot_looked_at", "UPDATE shot SET state = 0"),
    ("ck_transition_kind", "INSERT INTO transition SELECT run_id, 0, 'cut', 1, 2 FROM shot"),
    ("ck_transition_span", "INSERT INTO transition SELECT run_id, 0, 'fade', 2, 2 FROM shot"),
    (
        "ck_transition_span",
        "INSERT INTO transition SELECT run_id, 0, 'fade', -1, 2 FROM shot",
    ),
    ("ck_film_tag_relevance", "UPDATE film_tag SET relevance = 1.5"),
    ("ck_film_tag_coverage", "UPDATE film_tag SET coverage = 1.5"),
    ("ck_film_tag_peak", "UPDATE film_tag SET peak = -0.5"),
    ("ck_job_state", "UPDATE job SET state = 'paused', owner = NULL, lease_us = NULL"),
    ("ck_job_owner", "UPDATE job SET owner = NULL"),
    ("ck_job_owner", "UPDATE job SET state = 'queued', lease_us = NULL"),
    ("ck_job_lease", "UPDATE job SET lease_us = NULL"),
    (
        "ck_job_reason",
        "UPDATE job SET state = 'failed', owner = NULL, lease_us = NULL, error_kind = 'MediaError'",
    ),
    (
        "ck_job_error_kind",
        "UPDATE job SET state = 'failed', owner = NULL, lease_us = NULL, reason = 'broken'",
    ),
    ("ck_index_run_tally", "UPDATE index_run SET tally = '[]'"),
    ("ck_pause_only", "INSERT INTO pause VALUES (2, 1)"),
    ("ck_review_decision", "UPDATE review SET decision = 'maybe'"),
    ("ck_review_asked", "UPDATE review SET asked_end_us = asked_start_us"),
    ("ck_review_ruled", "UPDATE review SET ruled_start_us = -1"),
    ("ck_review_named", "UPDATE review SET reviewer = ''"),
    ("ck_withdrawal_named", "INSERT INTO withdrawal SELECT id, '', 1 FROM review"),
    ("ck_person_named", "INSERT INTO person VALUES (1, '', 'reader', NULL, 1)"),
    ("ck_person_role", "INSERT INTO person VALUES (1, 'Ada', 'owner', NULL, 1)"),
    ("ck_saved_search_named", "UPDATE saved_search SET name = ''"),
    ("ck_saved_search_named", "UPDATE saved_search SET query = ''"),
    ("ck_saved_hit_span", "UPDATE saved_hit SET end_us = start_us"),
    ("ck_audit_kind", "INSERT INTO audit VALUES (1, 1, 'rumour', '', '', '')"),
    ("ck_audit_id", "INSERT INTO audit VALUES (0, 1, 'review', '', '', '')"),
]


@pytest.fixture
def full(store: Store) -> Store:
    """A library with a row in every table but `transition` and `audit`."""
    with store.writing() as db:
        film_id = add_film(db)
        index(
            db, film_id, [looked_at(0, 1_000_000, 0.5, 0.5, 0.5, 0.5)], [film_tag("Animation", 0.5)]
        )
        jobs.claim(db, film_id, "somebody", lambda _: True, 1)
        span = Span(0, 1)
        reviews.add(db, Opinion(film_id, "War", span, Decision.ACCEPT, span, "Ada"), 1)
        saved_searches.save(db, SavedSearch("wars", "war", False, "", 1, 1))
        saved_searches.note(db, "wars", [(film_id, span)], 2)
    return store


@pytest.mark.parametrize(("constraint", "statement"), WRONG)
def test_a_wrong_row_is_refused_by_name(full: Store, constraint: str, statement: str) -> None:
    with (
        plain(full) as connection,
        pytest.raises(REFUSED, match=rf"(?i)check constraint.*\b{constraint}\b"),
    ):
        connection.execute(statement)


def test_every_check_is_tried() -> None:
    declared = {
        constraint.name
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    }
    assert {constraint for constraint, _ in WRONG} == declared


def test_a_film_takes_everything_with_it_but_what_people_said(full: Store) -> None:
    with plain(full) as connection:
        with pytest.raises(REFUSED, match=r"(?i)foreign key"):
            connection.execute("DELETE FROM film")
        connection.execute("DELETE FROM review")
        connection.execute("DELETE FROM film")
    # Out of its block a film is taken by films.drop.
    kept = {"model", "tag", "model_tag", "saved_search", "film_block", "tag_block"}
    for name in metadata.tables.keys() - kept:
        assert rows(full, f"SELECT * FROM {name}") == [], name  # noqa: S608
    for name in kept:
        assert rows(full, f"SELECT * FROM {name}"), name  # noqa: S608


@pytest.mark.parametrize("statement", ["DELETE FROM model", "DELETE FROM tag"])
def test_what_a_run_stands_on_cannot_go(full: Store, statement: str) -> None:
    with plain(full) as connection, pytest.raises(REFUSED, match=r"(?i)foreign key"):
        connection.execute(statement)


def test_a_run_has_a_column_for_each_fact_of_its_film(full: Store) -> None:
    names = ", ".join(FilmFacts.__slots__)
    [found] = rows(full, f"SELECT {names} FROM index_run")  # noqa: S608
    assert found == tuple(getattr(FACTS, name) for name in FilmFacts.__slots__)
