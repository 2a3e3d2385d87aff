"""Random query trees."""

from filmdex.db.query import (
    And,
    Comparison,
    Duration,
    FilmFraction,
    FilmSeconds,
    Measure,
    Node,
    Not,
    Or,
    Path,
    Present,
    Probability,
    Title,
)
from hypothesis import strategies as st

comparisons = st.sampled_from(Comparison)
fractions = st.floats(0, 1)


def trees(
    tags: st.SearchStrategy[str],
    probabilities: st.SearchStrategy[float],
    times_us: st.SearchStrategy[int],
    titles: st.SearchStrategy[Title],
    paths: st.SearchStrategy[Path],
) -> st.SearchStrategy[Node]:
    leaves: st.SearchStrategy[Node] = st.one_of(
        st.builds(Present, tags),
        st.builds(Probability, tags, comparisons, probabilities),
        st.builds(FilmFraction, st.sampled_from(Measure), tags, comparisons, fractions),
        st.builds(FilmSeconds, tags, comparisons, times_us),
        st.builds(Duration, comparisons, times_us),
        titles,
        paths,
    )
    return st.recursive(leaves, _joined, max_leaves=10)


def _joined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=4).map(tuple)
    return st.one_of(st.builds(Not, parts), st.builds(And, several), st.builds(Or, several))
