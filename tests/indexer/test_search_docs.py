"""The documented queries are read by the program, with the tags of the model that ships."""

import re
from pathlib import Path

import pytest
from filmdex.db.query_parser import FIELDS, FUNCTIONS, parse
from filmdex.db.query_terms import RESERVED
from filmdex.db.vocabulary import Vocabulary
from filmdex.indexer import bundle
from filmdex.indexer.moderation.verdict import Outcome

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
LINES = [
    line
    for block in re.findall(r"^```query\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
QUERIES = [line.partition("  #")[0].strip() for line in LINES]
# The table in the README: what stands in backquotes in its first column.
TABLE = (ROOT / "README.md").read_text(encoding="utf-8").partition("### Searching")[2]
ROWS = re.findall(r"^\| (`.*?) \|", TABLE.partition("###")[0], re.MULTILINE)
QUERIES += [query for row in ROWS for query in re.findall(r"`([^`]+)`", row)]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    facts = bundle.load(bundle.locate("default")).facts
    return Vocabulary.of(facts.tags, searches=["woods"])


@pytest.mark.parametrize("query", QUERIES)
def test_a_documented_query_is_read(query: str, vocabulary: Vocabulary) -> None:
    read = parse(query, vocabulary, lambda _: {one.value: frozenset() for one in Outcome})
    assert (
        parse(str(read), vocabulary, lambda _: {one.value: frozenset() for one in Outcome}) == read
    )


def test_every_word_of_the_language_is_documented() -> None:
    words = {*FIELDS, *FUNCTIONS, *RESERVED} - {"reviewed"}
    assert {word for word in words if not re.search(rf"\b{word}\b", " ".join(QUERIES))} == set()
