"""Folding text for comparison; SQLite's FTS5 tokenizer and Python's `str` are the witnesses."""

import sqlite3
import unicodedata
from contextlib import closing

import pytest
from filmdex.db.folding import fold
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Big_Buck.Bunny", "big buck bunny"),
        ("  Le Fabuleux   Destin d'Amélie ", "le fabuleux destin d amelie"),
        ("Ame\u0301lie", "amelie"),
        ("STRASSE Straße", "strasse strasse"),
        ("ﬁlm №1 ²", "film no1 2"),
        ("ＦＵＬＬ　ＷＩＤＴＨ", "full width"),
        ("Ёлки-палки", "елки палки"),
        ("七人の侍 (1954)", "七人の侍 1954"),
        ("...And Justice for All", "and justice for all"),
        ("", ""),
        # Without a letter or a digit there is nothing to find a title by but its signs.
        ("???", "???"),
        ("!", "!"),
    ],
)
def test_titles(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_composed_and_decomposed_text_is_the_same(text: str) -> None:
    forms = {fold(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    assert forms == {fold(text)}


@given(st.text(st.characters(codec="ascii")))
def test_letter_case_does_not_count(text: str) -> None:
    assert fold(text.upper()) == fold(text.lower()) == fold(text)


@given(st.lists(st.text("abcxyz0189", min_size=1), min_size=1), st.sampled_from(" _.-,:;!/'"))
def test_words_are_kept_in_order_whatever_stands_between(words: list[str], between: str) -> None:
    assert fold(between.join(words)) == " ".join(words)


@given(st.text(st.characters(min_codepoint=1, max_codepoint=0x24F), min_size=1))
def test_folded_words_are_words_to_full_text_search(text: str) -> None:
    """A phrase of the folded words finds the folded text in FTS5."""
    if not any(c.isalnum() for c in fold(text)):
        return
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(x)")
        connection.execute("INSERT INTO t VALUES (?)", (fold(text),))
        phrase = f'"{fold(text)}"'
        found = connection.execute("SELECT count(*) FROM t WHERE t MATCH ?", (phrase,)).fetchone()
    assert found == (1,)
