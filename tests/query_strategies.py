"""Random query trees."""

from filmdex.db.query_nodes import (
    MAX_DAY,
    And,
    Duration,
    FilmFraction,
    FilmMoment,
    FilmNumber,
    FilmSeconds,
    FilmWord,
    Found,
    Node,
    Not,
    Or,
    Path,
    Present,
    Probability,
    Resolution,
    Reviewed,
    ReviewedBy,
    ReviewedTag,
    Then,
    Title,
    Verdict,
)
from filmdex.db.query_terms import Comparison, Measure, Moment, Quantity, Word
from filmdex.db.resolutions import STANDARDS
from hypothesis import strategies as st

comparisons = st.sampled_from(Comparison)
fractions = st.floats(0, 1)
ANY_NUMBER = st.floats(0, 1e9)
ANY_WORD = st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1, max_size=8)
ANY_DAY = st.integers(0, MAX_DAY)
POLICIES = st.sampled_from(("school", "my own", "and"))
OUTCOMES = st.sampled_from(("allowed", "allowed with cuts", "blocked"))
NAMES = st.sampled_from(("weekly", "new films", "or"))


def trees(
    tags: st.SearchStrategy[str],
    probabilities: st.SearchStrategy[float],
    times_us: st.SearchStrategy[int],
    titles: st.SearchStrategy[Title],
    paths: st.SearchStrategy[Path],
    numbers: st.SearchStrategy[float] = ANY_NUMBER,
    words: st.SearchStrategy[str] = ANY_WORD,
    days: st.SearchStrategy[int] = ANY_DAY,
    films: st.SearchStrategy[frozenset[int]] = st.just(frozenset()),  # noqa: B008
    gaps_us: st.SearchStrategy[int] | None = None,
) -> st.SearchStrategy[Node]:
    leaves: st.SearchStrategy[Node] = st.one_of(
        st.builds(Present, tags),
        st.builds(Probability, tags, comparisons, probabilities),
        st.builds(FilmFraction, st.sampled_from(Measure), tags, comparisons, fractions),
        st.builds(FilmSeconds, tags, comparisons, times_us),
        st.builds(Duration, comparisons, times_us),
        titles,
        paths,
        st.builds(FilmNumber, st.sampled_from(Quantity), comparisons, numbers),
        st.builds(Resolution, comparisons, st.sampled_from(STANDARDS)),
        st.builds(FilmWord, st.sampled_from(Word), words),
        st.builds(FilmMoment, st.sampled_from(Moment), comparisons, days),
        st.builds(Verdict, POLICIES, OUTCOMES, films),
        st.builds(Reviewed),
        st.builds(ReviewedTag, tags),
        st.builds(ReviewedBy, words),
        st.builds(Found, NAMES),
    )
    gaps = st.none() | (times_us if gaps_us is None else gaps_us)

    def joined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        several = st.lists(parts, min_size=2, max_size=4).map(tuple)
        return st.one_of(
            st.builds(Not, parts),
            st.builds(And, several),
            st.builds(Or, several),
            st.builds(Then, parts, parts, gaps),
        )

    return st.recursive(leaves, joined, max_leaves=8)
