"""What a query would also find if its thresholds were a little lower."""

import pytest
from filmdex.db.near_misses import eased, near_misses
from filmdex.db.query import Query
from filmdex.db.query_parser import parse
from filmdex.db.records import TagFacts
from filmdex.db.totals import Total
from filmdex.db.vocabulary import Vocabulary

VOCABULARY = Vocabulary.of(
    [
        TagFacts("Violence", "violence", "any", "measured", 0.5),
        TagFacts("War", "war", "any", "measured", 0.25),
        TagFacts("Rare", "rare", "any", "measured", 0.03),
    ]
)


@pytest.mark.parametrize(
    ("text", "lower"),
    [
        ("violence>=0.6", "Violence>=0.5"),
        ("violence>0.3", "Violence>0.24"),
        # Never under what is kept for search.
        ("violence>=0.06", "Violence>=0.05"),
        ("violence", "Violence or Violence>=0.4"),
        ("war", "War or War>=0.2"),
        ("violence -war", "(Violence or Violence>=0.4) -War"),
        ("-(violence<0.6)", "-Violence<0.5"),
        ("violence>=0.6 then war within 9s", "Violence>=0.5 then (War or War>=0.2) within 9s"),
        ("coverage(war)>50%", "coverage(War)>0.4"),
        ("relevance(war)>0.9", "relevance(War)>0.8"),
        ("peak(war)>0.1", "peak(War)>0.08"),
        ("seconds(war)>10", "seconds(War)>8s"),
        ("year>1960 violence>0.6", "year>1960 Violence>0.5"),
    ],
)
def test_thresholds_are_lowered_by_a_fifth_and_by_no_more_than_a_tenth(
    text: str, lower: str
) -> None:
    assert str(eased(parse(text, VOCABULARY), VOCABULARY)) == lower


@pytest.mark.parametrize(
    "text", ["-violence", "violence<0.6", "title:war year>1960", "rare", "violence>=0.05"]
)
def test_what_wants_no_more_of_a_tag_has_no_near_misses(text: str) -> None:
    query = eased(parse(text, VOCABULARY), VOCABULARY)
    assert query is None
    assert near_misses(Total(3, capped=False), query, _never) == Total(0, capped=False)


def test_what_the_query_finds_itself_is_not_counted() -> None:
    query = Query(parse("violence", VOCABULARY).root)
    few, many = Total(3, capped=False), Total(10_000, capped=True)
    assert near_misses(few, query, lambda _: Total(17, capped=False)) == Total(14, capped=False)
    assert near_misses(few, query, lambda _: many) == Total(9_997, capped=True)
    assert near_misses(many, query, _never) is None


def _never(query: Query) -> Total:
    raise AssertionError(f"counted: {query}")
