"""How a query could go on: what is offered reads, and begins with what is there."""

import pytest
from filling import TAGS
from filmdex.db import completing, query_parser
from filmdex.db.completing import MOST, complete
from filmdex.db.query_parser import parse
from filmdex.db.records import TagFacts
from filmdex.db.vocabulary import Vocabulary
from hypothesis import given
from hypothesis import strategies as st

MORE = (
    TagFacts("Sword fight", "sword-fight", "violence and action", "weak", 0.5),
    TagFacts("Beach/Sea", "beach-sea", "nature", "measured", 0.5),
)
VOCABULARY = Vocabulary.of([*TAGS, *MORE], "the model")


def offered(text: str, at: int | None = None) -> list[str]:
    found = complete(text, len(text) if at is None else at, VOCABULARY)
    return [one.text for one in found.items]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("anim", "Animation"),
        ("ANIM", "Animation"),
        ("war and nud", "Nudity"),
        ("-nud", "Nudity"),
        ("seconds(wa", "War"),
        ("fig", '"Sword fight"'),
        ('"sword f', '"Sword fight"'),
        ("group:vio", '"violence and action"'),
        ('group:"violence a', '"violence and action"'),
        ("dura", "duration"),
        ("titl", "title:"),
        ("peak", "peak("),
    ],
)
def test_what_was_begun_is_completed(text: str, first: str) -> None:
    assert offered(text)[0] == first


def test_what_the_language_knows_is_offered() -> None:
    assert set(completing.FIELDS) == set(query_parser.FIELDS)
    assert set(completing.FUNCTIONS) == set(query_parser.FUNCTIONS)
    assert set(completing.COMPARED) == set(query_parser.COMPARED)


def test_untrained_tags_are_not_offered() -> None:
    assert offered("pris") == []


def test_only_the_word_before_the_place_counts() -> None:
    found = complete("anim and nud", 4, VOCABULARY)
    assert (found.start, found.end, found.items[0].text) == (0, 4, "Animation")


def test_what_is_put_in_reads() -> None:
    for text in ("anim", "war and nud", "-nud", 'not "sword f', "group:vio"):
        found = complete(text, len(text), VOCABULARY)
        whole = text[: found.start] + found.items[0].text + text[found.end :]
        assert parse(whole, VOCABULARY)


@given(st.text(), st.integers(0, 100))
def test_whatever_was_written_something_sensible_is_said(text: str, at: int) -> None:
    found = complete(text, at, VOCABULARY)
    assert 0 <= found.start <= found.end <= len(text)
    assert len(found.items) <= MOST
