"""Searching: what the database finds is what the query means, best first, with the reason."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from filmdex.db import plans, shelving
from filmdex.db.block_reading import FILMS_AT_ONCE
from filmdex.db.errors import CursorError, QueryError
from filmdex.db.folding import fold
from filmdex.db.near_misses import eased, near_misses
from filmdex.db.ordering import Amount, ByAmount, ByFact, Fact, Order, Term, read_order
from filmdex.db.packed_shots import NUMBERS
from filmdex.db.query import Query, wanted_tags
from filmdex.db.query_nodes import DAY_US, Not, Or, Path, Title
from filmdex.db.query_parser import parse
from filmdex.db.query_sql import film_clause, may_have_shots
from filmdex.db.query_terms import Moment, Quantity, Word
from filmdex.db.query_truth import FilmView, Remark, ShotFacts, ShotTag, ShotView
from filmdex.db.records import FilmTag, ShotState, Span, TagFacts, show_path
from filmdex.db.search import (
    count_films,
    count_shots,
    find_films,
    find_shots,
    search_films,
    search_shots,
    vocabulary,
)
from filmdex.db.shot_batches import batches
from filmdex.db.shot_truth import where_true
from filmdex.db.store import Store
from filmdex.db.tables import (
    FLOOR,
    film,
    film_tag,
    index_run,
    location,
    model,
    model_tag,
    review,
    saved_hit,
    saved_search,
    shot,
    tag,
)
from filmdex.db.totals import Total
from filmdex.db.vectors import packed
from filmdex.db.vocabulary import Vocabulary
from hypothesis import given, settings
from hypothesis import strategies as st
from query_strategies import trees
from sqlalchemy.dialects import postgresql

# War's threshold lies under the floor: the rows of what is present are kept all the same.
THRESHOLDS = {"Animation": 0.5, "Car chase": 0.75, "Violence": 0.5, "War": 0.03125}
FULL, WITHOUT_CHASE = 2, 1
ADDED_US = 2 * DAY_US + 5
REPORTED = {
    FULL: tuple(THRESHOLDS),
    WITHOUT_CHASE: tuple(name for name in THRESHOLDS if name != "Car chase"),
}
SEARCHES = ("weekly", "new films", "or")
VOCABULARY = Vocabulary.of(
    (
        TagFacts(name, fold(name).replace(" ", "-"), "any", "measured", threshold)
        for name, threshold in THRESHOLDS.items()
    ),
    "the model m1 1",
    SEARCHES,
)


@dataclass(frozen=True)
class KnownShot:
    """A shot by its probabilities; none if it was not looked at."""

    probabilities: dict[str, float] | None

    def facts(self, ordinal: int) -> ShotFacts:
        span = Span(ordinal * 10, ordinal * 10 + 10)
        if self.probabilities is None:
            return ShotFacts(span, None)
        tags = {n: ShotTag(p, p >= THRESHOLDS[n]) for n, p in self.probabilities.items()}
        return ShotFacts(span, tags)


@dataclass(frozen=True)
class KnownFilm:
    """A film as the tests know it."""

    title: str
    paths: tuple[bytes, ...]
    duration_us: int
    tags: dict[str, FilmTag]
    shots: tuple[KnownShot, ...]
    model_id: int = FULL
    state: str = "complete"
    height: int = 720
    frame_rate: float = 25.0
    codec: str = "h264"
    finished_us: int = 1
    added_us: int = ADDED_US
    year: int | None = None
    remarks: tuple[Remark, ...] = ()
    found: tuple[tuple[str, Span], ...] = ()

    def view(self, film_id: int) -> FilmView:
        year = {} if self.year is None else {Quantity.YEAR: self.year}
        return FilmView(
            film_id,
            self.title,
            tuple(map(show_path, self.paths)),
            self.duration_us,
            self.tags,
            {
                Quantity.WIDTH: 2 * self.height,
                Quantity.HEIGHT: self.height,
                Quantity.FPS: self.frame_rate,
                Quantity.SHOTS: len(self.shots),
                **year,
            },
            {
                Word.CODEC: self.codec,
                Word.CONTAINER: "mp4",
                Word.MODEL: f"m{self.model_id}",
                Word.PRECISION: "exact",
            },
            {Moment.INDEXED: self.finished_us, Moment.ADDED: self.added_us},
            tuple(shot.facts(ordinal) for ordinal, shot in enumerate(self.shots)),
            self.remarks,
            {name: tuple(s for n, s in self.found if n == name) for name in SEARCHES},
        )

    def shot_views(self, film_id: int) -> list[ShotView]:
        view = self.view(film_id)
        return [ShotView(view, shot) for shot in view.shots]


# Writing a library straight into the tables.


def write(connection: sa.Connection, films: tuple[KnownFilm, ...], apart: int) -> None:
    _write_models(connection)
    for search_id, name in enumerate(SEARCHES):
        connection.execute(
            sa.insert(saved_search).values(
                id=search_id, name=name, query="war", shots=False, sort="", saved_us=0, asked_us=0
            )
        )
    for number, one in enumerate(films, 1):
        _write_film(connection, apart * number, one)


def _write_film(connection: sa.Connection, film_id: int, one: KnownFilm) -> None:
    connection.execute(
        sa.insert(film).values(
            id=film_id, fingerprint=f"{film_id:064}", size=1, added_us=one.added_us,
            title=one.title, title_folded=fold(one.title), year=one.year,
        )
    )  # fmt: skip
    for path in one.paths:
        connection.execute(
            sa.insert(location).values(
                film_id=film_id, path=b"%d:" % film_id + path, path_shown=show_path(path),
                size=1, mtime_ns=0, seen_us=0,
            )
        )  # fmt: skip
    for remark in one.remarks:
        _write_remark(connection, film_id, remark)
    for name, span in dict.fromkeys(one.found):
        connection.execute(
            sa.insert(saved_hit).values(
                search_id=SEARCHES.index(name), film_id=film_id,
                start_us=span.start_us, end_us=span.end_us,
            )
        )  # fmt: skip
    # A run that was superseded, in which everything was seen: it must never be found.
    seen = {name: FilmTag(name, 1, 1, 1e6, 1, 1, True) for name in REPORTED[one.model_id]}
    everything = KnownShot(dict.fromkeys(REPORTED[one.model_id], 1.0))
    _write_run(connection, film_id, replace(one, state="complete"), seen, [everything])
    run_id = _write_run(connection, film_id, one, one.tags, one.shots)
    connection.execute(sa.update(film).where(film.c.id == film_id).values(current_run_id=run_id))
    shelving.shelve(connection, film_id)


def _write_remark(connection: sa.Connection, film_id: int, remark: Remark) -> None:
    start_us, end_us = remark.span.start_us, remark.span.end_us
    connection.execute(
        sa.insert(review).values(
            film_id=film_id, tag=remark.tag, asked_start_us=start_us, asked_end_us=end_us,
            decision="accept", ruled_start_us=start_us, ruled_end_us=end_us,
            reviewer=remark.reviewer, note="", made_us=0,
        )
    )  # fmt: skip


def _write_models(connection: sa.Connection) -> None:
    for tag_id, name in enumerate(THRESHOLDS, 1):
        slug = fold(name).replace(" ", "-")
        connection.execute(sa.insert(tag).values(id=tag_id, name=name, slug=slug, tag_group="any"))
    for model_id, reported in REPORTED.items():
        connection.execute(
            sa.insert(model).values(
                id=model_id, digest=str(model_id), name=f"m{model_id}", version="1"
            )
        )
        for ordinal, (name, threshold) in enumerate(THRESHOLDS.items()):
            known = name in reported
            connection.execute(
                sa.insert(model_tag).values(
                    model_id=model_id, ordinal=ordinal, tag_id=ordinal + 1,
                    status="measured" if known else "untrained",
                    threshold=threshold if known else None,
                )
            )  # fmt: skip


def _write_run(
    connection: sa.Connection, film_id: int, one: KnownFilm,
    tags: dict[str, FilmTag], shots: "list[KnownShot] | tuple[KnownShot, ...]",
) -> int:  # fmt: skip
    run_id: int = connection.execute(
        sa.insert(index_run).values(
            film_id=film_id, model_id=one.model_id, state=one.state, precision="exact",
            settings="{}", provider="cpu", program_version="0", started_us=0,
            finished_us=one.finished_us if one.state == "complete" else None, container="mp4",
            codec=one.codec, width=2 * one.height, height=one.height, rotation=0,
            frame_rate=one.frame_rate, container_offset_us=0,
            duration_us=one.duration_us, frames=1, decode_errors=0, shots=len(shots),
        ).returning(index_run.c.id)
    ).scalar_one()  # fmt: skip
    ids = {name: n for n, name in enumerate(THRESHOLDS, 1)}
    for name, entry in tags.items():
        values = {field: getattr(entry, field) for field in FilmTag.__slots__ if field != "tag"}
        row = {"run_id": run_id, "tag_id": ids[name], **values}
        connection.execute(sa.insert(film_tag).values(row))
    for ordinal, one in enumerate(shots):
        _write_shot(connection, run_id, ordinal, one)
    return run_id


def _write_shot(connection: sa.Connection, run_id: int, ordinal: int, one: KnownShot) -> None:
    vector = one.probabilities
    looked_at = ShotState.BLANK if vector and not any(vector.values()) else ShotState.LOOKED_AT
    # An untrained tag's place in the vector is never empty: what it holds says nothing.
    values = None if vector is None else [vector.get(name, 1.0) for name in THRESHOLDS]
    connection.execute(
        sa.insert(shot).values(
            run_id=run_id, ordinal=ordinal, start_us=ordinal * 10, end_us=ordinal * 10 + 10,
            early_us=0, late_us=0, samples=b"",
            state=NUMBERS[ShotState.NOT_LOOKED_AT if vector is None else looked_at],
            probabilities=None if values is None else packed(values),
        )
    )  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    on_server = request.param == "postgresql"
    file = tmp_path_factory.mktemp("db") / "x.db"
    with Store.open(request.getfixturevalue("cluster").new() if on_server else file) as opened:
        yield opened


@contextmanager
def library(store: Store, *films: KnownFilm, apart: int = 1) -> Iterator[sa.Connection]:
    """Give a connection that sees these films, and forget them; their ids lie `apart`."""
    with store.engine.execution_options(filmdex_writes=True).connect() as connection:
        write(connection, films, apart)
        yield connection
        connection.rollback()


# Whatever the library, whatever the query: the database and plain Python agree.

# Films are read some thousand ids at a time: all at once, or one or two.
aparts = st.sampled_from((1, FILMS_AT_ONCE * 3 // 4))
STEPS = (0.0, 0.03125, 0.0625, 0.25, 0.5, 0.75, 1.0)
TITLES = ("Big Buck Bunny", "big_buck.Bünny 2", "War", "Warsaw", "a b", "%", "")
PATHS = (b"/films/a.mkv", b"/films/sub/B.MKV", b"/films/[x] a_b%.mkv", b"/caf\xe9/a.mkv")
steps = st.sampled_from(STEPS)


spans = st.builds(
    lambda start_us, length_us: Span(start_us, start_us + length_us),
    st.integers(0, 50), st.integers(1, 25),
)  # fmt: skip
remarks = st.builds(
    Remark, st.sampled_from(list(THRESHOLDS)), st.sampled_from(("m1", "h26")), spans
)


def whole(
    name: str, seen: list[dict[str, float]], relevance: float, weight: float, seconds: float,
    coverage: float, *, present: bool,
) -> FilmTag:  # fmt: skip
    """What a film says of a tag, anything, but for the peak: that is its shots'."""
    peak = max((one[name] for one in seen), default=0.0)
    return FilmTag(name, relevance, weight, seconds, coverage, peak, present)


@st.composite
def known_films(draw: st.DrawFn) -> KnownFilm:
    model_id = draw(st.sampled_from((FULL, WITHOUT_CHASE)))
    names = REPORTED[model_id]
    numbers = st.tuples(steps, steps, st.sampled_from((0.0, 27.0, 27.5)), steps)
    probabilities = st.fixed_dictionaries(dict.fromkeys(names, steps))
    shots = draw(st.lists(st.builds(KnownShot, st.none() | probabilities), max_size=5).map(tuple))
    seen = [one.probabilities for one in shots if one.probabilities is not None]
    return KnownFilm(
        title=draw(st.sampled_from(TITLES)),
        paths=draw(st.lists(st.sampled_from(PATHS), max_size=2, unique=True).map(tuple)),
        duration_us=draw(st.sampled_from((1, 27_500_000, 5_400_000_000))),
        tags={n: whole(n, seen, *draw(numbers), present=draw(st.booleans())) for n in names},
        shots=shots,
        model_id=model_id,
        state=draw(st.sampled_from(("complete", "complete", "complete", "building"))),
        height=draw(st.sampled_from((1, 228, 540, 720, 1080, 2160, 4320))),
        frame_rate=draw(st.sampled_from((24000 / 1001, 25.0))),
        codec=draw(st.sampled_from(("h264", "hevc"))),
        finished_us=draw(st.sampled_from((DAY_US - 1, DAY_US, 3 * DAY_US))),
        added_us=draw(st.sampled_from((ADDED_US, 3 * DAY_US))),
        year=draw(st.sampled_from((None, 1968, 2008))),
        remarks=draw(st.lists(remarks, max_size=2).map(tuple)),
        found=draw(
            st.lists(
                st.tuples(st.sampled_from(SEARCHES), spans),
                max_size=2,
                unique_by=lambda one: (one[0], one[1].start_us),
            ).map(tuple)
        ),
    )


queries = trees(
    st.sampled_from(list(THRESHOLDS)),
    st.sampled_from([step for step in STEPS if step >= FLOOR]) | st.floats(FLOOR, 1),
    st.sampled_from((0, 27_000_000, 27_500_000, 5_400_000_000)),
    st.sampled_from(["bunny", "buck BUNNY", "war", "_", "%", "b", "2"]).map(Title),
    st.sampled_from(
        ["*", "/films/*", "*.mkv", "/films/?.mkv", "*[x]*", "*_b%*", r"/caf\xe9/*", "/films/a.mkv"]
    ).map(Path),
    st.sampled_from((0.0, 1.0, 2.0, 24000 / 1001, 25.0, 720.0, 1440.0, 1968.0)),
    st.sampled_from(("h264", "HEVC", "mp4", "exact", "keyframes", "m1", "M2", "h26")),
    st.integers(0, 4),
    st.frozensets(st.integers(1, 4)),
    st.sampled_from((0, 10, 20)),
).map(Query)


@settings(deadline=None)
@given(
    films=st.lists(known_films(), max_size=4).map(tuple),
    apart=aparts,
    asked=st.lists(queries, min_size=1, max_size=8),
)
def test_the_database_answers_as_the_tree_does(
    store: Store, films: tuple[KnownFilm, ...], apart: int, asked: list[Query]
) -> None:
    searched = {apart * n: one for n, one in enumerate(films, 1) if one.state == "complete"}
    with library(store, *films, apart=apart) as connection:
        for query in asked:
            expected = {n for n, one in searched.items() if query.matches(one.view(n))}
            found = [hit.film_id for hit in search_films(connection, query, limit=100).hits]
            assert sorted(found) == sorted(expected)
            assert count_films(connection, query) == Total(len(expected), capped=False)
            films_page, total = find_films(connection, query, limit=2, cap=3)
            assert [hit.film_id for hit in films_page.hits] == found[:2]
            assert total == Total(min(len(found), 3), len(found) > 3)
            shots = {
                (n, ordinal)
                for n, one in searched.items()
                for ordinal, view in enumerate(one.shot_views(n))
                if query.matches(view)
            }
            hits = search_shots(connection, query, limit=100).hits
            assert sorted((hit.film_id, hit.ordinal) for hit in hits) == sorted(shots)
            assert count_shots(connection, query) == Total(len(shots), capped=False)
            page, total = find_shots(connection, query, limit=2, cap=3)
            assert (page.hits, total) == (hits[:2], Total(min(len(shots), 3), len(shots) > 3))


@settings(deadline=None)
@given(
    films=st.lists(known_films(), min_size=2, max_size=5).map(tuple),
    asked=st.lists(queries, min_size=1, max_size=8),
    data=st.data(),
)
def test_some_films_of_a_batch_say_what_all_do(
    store: Store, films: tuple[KnownFilm, ...], asked: list[Query], data: st.DataObject
) -> None:
    with library(store, *films) as connection:
        for query in asked:
            for batch in batches(connection, query):
                count = len(batch.films)
                chosen = sorted(data.draw(st.frozensets(st.integers(0, count - 1))))
                of_films = np.repeat(np.arange(count), batch.counts)
                kept = np.isin(of_films, chosen)
                some = batch.only(np.array(chosen, np.int64))
                assert where_true(query.root, some).tolist() == (
                    where_true(query.root, batch)[kept].tolist()
                )
                every = batch.times_us(np.arange(batch.shots))
                assert some.times_us(np.arange(some.shots)).tolist() == every[:, kept].tolist()


# Whatever the order, and however small the pages: the order is kept, and nothing is lost.

tags_named = st.sampled_from(list(THRESHOLDS))
film_terms: st.SearchStrategy[Term] = st.builds(
    ByFact, st.sampled_from([fact for fact in Fact if fact is not Fact.TIME]), st.booleans()
) | st.builds(ByAmount, st.sampled_from(Amount), tags_named, st.booleans())
shot_terms = film_terms | st.builds(ByFact, st.just(Fact.TIME), st.booleans())


def orders(terms: st.SearchStrategy[Term]) -> st.SearchStrategy[Order]:
    return st.lists(terms, min_size=1, max_size=3).map(tuple).map(Order)


def known(term: Term, query: Query, one: KnownFilm, of_shot: tuple[int, KnownShot] | None) -> Any:
    """The value by which a term orders; None if it is unknown."""
    wanted = wanted_tags(query, shots=of_shot is not None)
    match term:
        case ByFact(Fact.SCORE) if of_shot is None:
            tags = [one.tags[name] for name in wanted if name in one.tags]
            return sum(t.peak for t in tags), sum(round(t.relevance * 1e6) for t in tags)
        case ByFact(Fact.SCORE):
            seen = of_shot[1].probabilities or {}
            kept = [p for n in wanted if (p := seen.get(n, 0)) >= min(FLOOR, THRESHOLDS[n])]
            return sum(kept)
        case ByFact(Fact.TIME):
            return of_shot[0] * 10 if of_shot else 0
        case ByFact(fact):
            return {
                Fact.TITLE: fold(one.title),
                Fact.DURATION: one.duration_us,
                Fact.INDEXED: one.finished_us,
                Fact.ADDED: one.added_us,
                Fact.WIDTH: 2 * one.height,
                Fact.HEIGHT: one.height,
                Fact.FPS: one.frame_rate,
                Fact.SHOTS: len(one.shots),
                Fact.YEAR: one.year,
            }[fact]
        case ByAmount(amount, name):
            return getattr(one.tags[name], amount) if name in one.tags else None


def arranged(places: list[Any], order: Order, value: Callable[[Term, Any], Any]) -> list[Any]:
    """Sort stably by one term after the other, the last one first, unknown ones to the end."""
    for term in reversed(order.terms):
        at = {place: value(term, place) for place in places}
        there = sorted(
            (p for p in places if at[p] is not None), key=at.__getitem__, reverse=term.descending
        )
        places = there + [p for p in places if at[p] is None]
    return places


def walked(search: Any, connection: sa.Connection, query: Query, limit: int, order: Order) -> Any:
    page = search(connection, query, limit=limit, order=order)
    hits = list(page.hits)
    while page.next_cursor is not None:
        assert len(page.hits) == limit
        page = search(connection, query, limit=limit, order=order, cursor=page.next_cursor)
        hits += page.hits
    return hits


@settings(deadline=None)
@given(
    films=st.lists(known_films(), max_size=6).map(tuple),
    apart=aparts,
    query=queries,
    film_order=orders(film_terms),
    shot_order=orders(shot_terms),
    limit=st.integers(1, 3),
)
def test_pages_are_what_the_order_says(
    store: Store,
    films: tuple[KnownFilm, ...],
    apart: int,
    query: Query,
    film_order: Order,
    shot_order: Order,
    limit: int,
) -> None:
    query = Query(Or((query.root, Not(query.root))))  # more to order
    searched = {apart * n: one for n, one in enumerate(films, 1) if one.state == "complete"}
    by_title = sorted(searched, key=lambda n: (fold(searched[n].title), n))
    with library(store, *films, apart=apart) as connection:
        expected = arranged(
            [n for n in by_title if query.matches(searched[n].view(n))],
            film_order,
            lambda term, n: known(term, query, searched[n], None),
        )
        hits = walked(search_films, connection, query, limit, film_order)
        assert [hit.film_id for hit in hits] == expected
        assert hits == list(search_films(connection, query, limit=99, order=film_order).hits)
        shots = [
            (n, ordinal)
            for n in by_title
            for ordinal, view in enumerate(searched[n].shot_views(n))
            if query.matches(view)
        ]
        expected = arranged(
            shots,
            shot_order,
            lambda term, at: known(
                term, query, searched[at[0]], (at[1], searched[at[0]].shots[at[1]])
            ),
        )
        hits = walked(search_shots, connection, query, limit, shot_order)
        assert [(hit.film_id, hit.ordinal) for hit in hits] == expected


@given(orders(shot_terms))
def test_an_order_is_read_as_it_is_spelled(order: Order) -> None:
    assert read_order(str(order), VOCABULARY, shots=True) == order


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("title", "title asc"),
        ("Duration", "duration desc"),
        ("time, score", "time asc, score desc"),
        ('seconds("car CHASE")', 'seconds("Car chase") desc'),
        ("peak( car-chase ) ASC", 'peak("Car chase") asc'),
        ("relevance(war) Asc", "relevance(War) asc"),
    ],
)
def test_orders_read(text: str, spelled: str) -> None:
    assert str(read_order(text, VOCABULARY, shots=True)) == spelled


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("", 0, "year desc, title"),
        ("title,", 6, "year desc, title"),
        ("title;", 0, "year desc, title"),
        ("titel", 0, "did you mean title or time?"),
        ("title, xyz", 7, "there are score, title"),
        ("seconds", 0, "seconds(violence)"),
        ("title(war)", 0, "cannot be ordered by 'title'"),
        ("seconds(violense)", 0, "did you mean Violence?"),
        ("time", 0, "shots do"),
        ("title up", 0, "year desc, title"),
    ],
)
def test_orders_refused(text: str, column: int, says: str) -> None:
    with pytest.raises(QueryError) as refused:
        read_order(text, VOCABULARY, shots=False)
    assert says in refused.value.message
    assert (refused.value.column, refused.value.text) == (column, text)


# A library small enough to know by heart.


def said(name: str, peak: float, relevance: float = 0.5) -> FilmTag:
    present = peak >= THRESHOLDS[name]
    return FilmTag(name, relevance, 1.0, seconds=peak * 100, coverage=0.25, peak=peak,
                   present=present)  # fmt: skip


def made(title: str, *shots: KnownShot, state: str = "complete", **peaks: float) -> KnownFilm:
    tags = {name: said(name, peaks.get(name, 0.0)) for name in THRESHOLDS}
    path = f"/films/{title}.mkv".encode()
    return KnownFilm(title, (path,), 60_000_000, tags, shots, state=state)


def seen(**probabilities: float) -> KnownShot:
    return KnownShot({name: probabilities.get(name, 0.0) for name in THRESHOLDS})


BATTLE = made("Battle", seen(War=1.0, Violence=0.5), seen(), KnownShot(None), War=1.0, Violence=0.5)
FIGHT = made("Fight", seen(Violence=0.75), seen(Violence=0.75, War=0.25), Violence=0.75, War=0.25)
CARTOON = made("Cartoon", seen(Animation=1.0, Violence=0.75), Animation=1.0, Violence=0.75)


def film_titles(connection: sa.Connection, text: str) -> list[str]:
    query = parse(text, VOCABULARY)
    return [hit.title for hit in search_films(connection, query, limit=50).hits]


def found_shots(connection: sa.Connection, text: str) -> list[tuple[str, int]]:
    query = parse(text, VOCABULARY)
    return [(hit.title, hit.ordinal) for hit in search_shots(connection, query, limit=50).hits]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("violence>=0.6 -animation", ["Fight"]),
        # Equally violent and equally relevant, so by title.
        ("violence", ["Cartoon", "Fight", "Battle"]),
        # War first by War; with both tags wanted, by both.
        ("war", ["Battle", "Fight"]),
        ("war or violence", ["Battle", "Fight", "Cartoon"]),
        ("-animation", ["Battle", "Fight"]),
        ("seconds(violence)>60", ["Cartoon", "Fight"]),
        ("title:fight or title:battle", ["Battle", "Fight"]),
        ("path:*/B*", ["Battle"]),
        ("path:*[B]*", []),
        ("duration>1m", []),
    ],
)
def test_finds_films_best_first(store: Store, text: str, titles: list[str]) -> None:
    with library(store, BATTLE, FIGHT, CARTOON) as connection:
        assert film_titles(connection, text) == titles


def test_relevance_decides_between_equal_peaks(store: Store) -> None:
    tags = {**CARTOON.tags, "Violence": said("Violence", 0.75, relevance=0.75)}
    louder = KnownFilm("Zoo", (b"/z",), 1, tags, ())
    with library(store, FIGHT, CARTOON, louder) as connection:
        assert film_titles(connection, "violence") == ["Zoo", "Cartoon", "Fight"]


@pytest.mark.parametrize(
    ("text", "shots"),
    [
        ("violence", [("Cartoon", 0), ("Fight", 0), ("Fight", 1), ("Battle", 0)]),
        ("violence -animation", [("Fight", 0), ("Fight", 1), ("Battle", 0)]),
        ("violence>=0.6 war<0.2", [("Cartoon", 0), ("Fight", 0)]),
        # Battle's third shot was not looked at: no condition on a tag finds it, its title does.
        ("title:battle", [("Battle", 0), ("Battle", 1), ("Battle", 2)]),
        ("title:battle -violence", [("Battle", 1)]),
        ("title:battle violence<0.1", [("Battle", 1)]),
        ("title:battle peak(war)>0.9", [("Battle", 0), ("Battle", 1), ("Battle", 2)]),
    ],
)
def test_finds_shots_best_first(store: Store, text: str, shots: list[tuple[str, int]]) -> None:
    with library(store, BATTLE, FIGHT, CARTOON) as connection:
        assert found_shots(connection, text) == shots


def test_pages(store: Store) -> None:
    query = parse("violence", VOCABULARY)
    with library(store, BATTLE, FIGHT, CARTOON) as connection:
        first = search_films(connection, query, limit=1)
        assert [hit.title for hit in first.hits] == ["Cartoon"]
        rest = search_films(connection, query, limit=2, cursor=first.next_cursor)
        assert [hit.title for hit in rest.hits] == ["Fight", "Battle"]
        assert rest.next_cursor is None
        two = search_shots(connection, query, limit=2)
        third = search_shots(connection, query, limit=1, cursor=two.next_cursor)
        assert [(hit.title, hit.ordinal) for hit in third.hits] == [("Fight", 1)]


def test_a_total_is_counted_up_to_a_cap(store: Store) -> None:
    query = parse("violence", VOCABULARY)
    with library(store, BATTLE, FIGHT, CARTOON) as connection:
        assert count_films(connection, query, cap=3) == Total(3, capped=False)
        assert count_films(connection, query, cap=2) == Total(2, capped=True)
        assert count_shots(connection, query, cap=4) == Total(4, capped=False)
        assert count_shots(connection, query, cap=3) == Total(3, capped=True)
    assert (str(Total(10_000, capped=True)), str(Total(9_999, capped=False))) == (
        "10,000+",
        "9,999",
    )


def test_once_enough_are_counted_what_may_come_first_is_still_found(store: Store) -> None:
    few, most = seen(Violence=0.75), seen(Violence=0.75, War=0.25)
    films = (
        made("Zebra", *[few] * 6),
        made("Yak", most, seen(War=1.0, Animation=1.0)),
        made("Aardvark", few, seen(Violence=0.625)),
        made("Mole", most, most, KnownShot(None)),
    )
    shots = [("Mole", 0), ("Mole", 1), ("Yak", 0), ("Aardvark", 0), ("Zebra", 0)]
    query = parse("violence -animation or violence war", VOCABULARY)
    with library(store, *films, apart=FILMS_AT_ONCE) as connection:
        for limit in range(1, len(shots) + 1):
            page, total = find_shots(connection, query, limit=limit, cap=1)
            assert [(hit.title, hit.ordinal) for hit in page.hits] == shots[:limit]
            assert total == Total(1, capped=True)


def test_pages_stay_where_they_are_while_films_come(store: Store) -> None:
    query = parse("violence or title:new", VOCABULARY)
    with library(store, BATTLE, FIGHT, CARTOON) as connection:
        first = search_films(connection, query, limit=2)
        _write_film(connection, 9, made("New", Violence=1.0))
        rest = search_films(connection, query, limit=9, cursor=first.next_cursor)
        assert [hit.title for hit in (*first.hits, *rest.hits)] == ["Cartoon", "Fight", "Battle"]
        again = search_films(connection, query, limit=9)
        assert [hit.title for hit in again.hits] == ["New", "Cartoon", "Fight", "Battle"]


@pytest.mark.parametrize("text", ["", "?", "x", "é", "AAAA", "A" * 400])
def test_what_is_no_cursor_is_refused(store: Store, text: str) -> None:
    with library(store, BATTLE) as connection, pytest.raises(CursorError, match="cursor"):
        search_films(connection, parse("war", VOCABULARY), limit=1, cursor=text)


def test_a_changed_cursor_is_refused(store: Store) -> None:
    query = parse("violence", VOCABULARY)
    with library(store, BATTLE, FIGHT) as connection:
        cursor = search_films(connection, query, limit=1).next_cursor
        assert cursor
        for place, old in enumerate(cursor):
            changed = cursor[:place] + ("B" if old == "A" else "A") + cursor[place + 1 :]
            with pytest.raises(CursorError):
                search_films(connection, query, limit=1, cursor=changed)


def test_another_searchs_cursor_is_refused(store: Store) -> None:
    query, other = parse("violence", VOCABULARY), parse("violence -animation", VOCABULARY)
    by_title = read_order("title", VOCABULARY, shots=False)
    with library(store, BATTLE, FIGHT) as connection:
        cursor = search_films(connection, query, limit=1).next_cursor
        asks = (
            lambda: search_films(connection, other, limit=1, cursor=cursor),
            lambda: search_films(connection, query, limit=1, cursor=cursor, order=by_title),
            lambda: search_shots(connection, query, limit=1, cursor=cursor),
        )
        for ask in asks:
            with pytest.raises(CursorError, match="another query or order"):
                ask()


def test_a_found_film_says_why(store: Store) -> None:
    with library(store, BATTLE) as connection:
        query = parse("(war or violence>0.9) -animation", VOCABULARY)
        [hit] = search_films(connection, query, limit=9).hits
    assert hit.tags == (BATTLE.tags["War"],)
    assert (hit.film_id, hit.duration_us) == (1, 60_000_000)
    assert hit.paths == (b"1:/films/Battle.mkv",)


STORY = made(
    "Story", seen(Animation=1.0), seen(Violence=0.75), seen(), KnownShot(None), seen(War=0.5),
    Animation=1.0, Violence=0.75, War=0.5,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shots"),
    [
        ("violence then war", [4]),
        ("animation then violence", [1]),
        ("violence then animation", []),
        # A shot does not follow itself, and "later" begins where the first one ends.
        ("violence then violence", []),
        ("violence then war within 0.00002s", [4]),
        ("violence then war within 0.000019s", []),
        ("animation then violence within 0s", [1]),
        ("animation then violence then war", [4]),
        ("animation then (violence then war)", [4]),
        ("animation then -violence", [2, 4]),
        ("(animation or violence) then (war or title:nothing)", [4]),
        ("title:story then war", [4]),
        # What was not looked at may be anything: nobody knows that no violence came before.
        ("-(war then violence)", [0, 1, 2, 3, 4]),
        ("-(violence then war)", [0, 1, 2]),
        ("-(violence then animation)", [0, 1, 2, 4]),
    ],
)
def test_one_shot_after_another(store: Store, text: str, shots: list[int]) -> None:
    with library(store, STORY, FIGHT) as connection:
        found = found_shots(connection, text)
        assert sorted(n for title, n in found if title == "Story") == shots
        if not text.startswith("-"):
            assert ("Story" in film_titles(connection, text)) is bool(shots)


def test_films_without_a_sequence_are_those_in_which_it_surely_is_not(store: Store) -> None:
    with library(store, STORY, FIGHT, BATTLE) as connection:
        # Story has it; what Battle's last shot shows nobody knows.
        assert film_titles(connection, "-(violence then war)") == []
        assert film_titles(connection, "-(animation then war)") == ["Battle", "Fight"]


def nested(times: int) -> str:
    return "(violence or (war " * times + "war" + "))" * times


@pytest.mark.parametrize(
    ("most", "more"),
    [
        (" then ".join(["war"] * 17), " then ".join(["war"] * 18)),
        ("war then (" * 16 + "war" + ")" * 16, "war then (" * 17 + "war" + ")" * 17),
        (nested(8), nested(9)),
        (f"{nested(7)} then war then war", f"{nested(8)} then war then war"),
    ],
)
def test_a_query_is_no_deeper_than_the_database_reads(store: Store, most: str, more: str) -> None:
    with library(store, made("Long", *[seen(War=1.0)] * 20, War=1.0)) as connection:
        for text in (most, f"-({most})" if "then" in most else most):
            film_titles(connection, text)
            found_shots(connection, text)
        assert film_titles(connection, most) == ["Long"]
        for ask in (film_titles, found_shots):
            with pytest.raises(QueryError, match="too deep in each other"):
                ask(connection, more)


def test_what_is_found_says_why_term_by_term(store: Store) -> None:
    one = replace(STORY, year=1968, remarks=(Remark("War", "Ada", Span(0, 5)),))
    text = "(animation then violence within 1s) year<1970 -war>=0.9 reviewer:Ada peak(war)>0.4"
    text += " (codec:h264 or codec:hevc) resolution>=720p coverage(war)>20% duration>1s"
    with library(store, one) as connection:
        query = parse(text, VOCABULARY)
        [found] = search_films(connection, query, limit=9).hits
        [shown] = search_shots(connection, parse("animation then violence -war", VOCABULARY),
                               limit=9).hits  # fmt: skip
    assert [str(reason) for reason in found.why] == [
        "Animation then Violence within 1s: at 0s",
        "year<1970: 1968",
        "-War>=0.9: peak 0.50, 50.0 s",
        "reviewer:Ada: Ada",
        "peak(War)>0.4: 0.50",
        "codec:h264: h264",
        "resolution>=720p: 1440x720",
        "coverage(War)>0.2: 25.0%",
        "duration>1s: 1m",
    ]
    assert [str(reason) for reason in shown.why] == [
        "Animation then Violence: 0s later",
        "Violence: 0.75",
        "-War: 0.00",
    ]


def test_near_misses_are_counted_in_the_database(store: Store) -> None:
    query = parse("violence>=0.8", VOCABULARY)
    wider = eased(query, VOCABULARY)
    with library(store, BATTLE, FIGHT, CARTOON) as connection:
        films = count_films(connection, query)
        near = near_misses(films, wider, lambda asked: count_films(connection, asked))
        shots = near_misses(films, wider, lambda asked: count_shots(connection, asked))
    assert (films, near, shots) == (Total(0, False), Total(2, False), Total(3, False))


def test_a_found_shot_says_why(store: Store) -> None:
    with library(store, CARTOON, FIGHT) as connection:
        query = parse("violence war -animation", VOCABULARY)
        [hit] = search_shots(connection, query, limit=9).hits
    assert hit.probabilities == (("Violence", 0.75), ("War", 0.25))
    assert (hit.film_id, hit.ordinal, hit.span) == (2, 1, Span(10, 20))
    assert hit.paths == (b"2:/films/Fight.mkv",)


def test_finds_only_what_is_completely_indexed(store: Store) -> None:
    building = made("Building", seen(War=1.0), state="building", War=1.0)
    with library(store, building, FIGHT) as connection:
        connection.execute(
            sa.update(film).where(film.c.title == "Fight").values(current_run_id=None)
        )
        shelving.shelve(connection, 2)
        assert film_titles(connection, "war or -war") == []
        assert found_shots(connection, "war or -war") == []


def test_finds_nothing_by_a_tag_that_the_database_never_saw(store: Store) -> None:
    facts = TagFacts("Opera", "opera", "any", "measured", 0.5)
    query = parse("opera or -opera", Vocabulary.of([facts]))
    with library(store, BATTLE) as connection:
        assert search_films(connection, query, limit=9).hits == ()
        assert search_shots(connection, query, limit=9).hits == ()


def test_more_films_than_one_statement_takes_values(store: Store) -> None:
    films = [made(f"{n:04}", War=1.0) for n in range(1001)]
    with library(store, *films) as connection:
        hits = search_films(connection, parse("war", VOCABULARY), limit=5000).hits
    assert len(hits) == 1001
    assert all(hit.paths and hit.tags for hit in hits)


@pytest.mark.parametrize(
    ("text", "column"), [("war violence>=0.04", 4), ("-(war or violence<0.01)", 9), ("war=0", 0)]
)
def test_refuses_shots_below_what_is_kept(store: Store, text: str, column: int) -> None:
    query = parse(text, VOCABULARY)
    with library(store, BATTLE) as connection:
        for ask in (lambda: search_shots(connection, query, limit=1),
                    lambda: count_shots(connection, query)):  # fmt: skip
            with pytest.raises(QueryError, match=str(FLOOR)) as refused:
                ask()
            assert (refused.value.column, refused.value.text) == (column, text)
        search_films(connection, query, limit=1)


def test_the_floor_itself_can_be_asked_for(store: Store) -> None:
    with library(
        store, made("Low", seen(Violence=FLOOR_16), seen(), Violence=FLOOR_16)
    ) as connection:
        assert found_shots(connection, f"violence>={FLOOR}") == [("Low", 0)]
        assert found_shots(connection, f"violence<{FLOOR}") == [("Low", 1)]


FLOOR_16 = 0.0625


def test_the_vocabulary_is_that_of_the_models_in_use(store: Store) -> None:
    film_of_two = KnownFilm("Two", (), 1, {}, (), model_id=WITHOUT_CHASE)
    with library(store, film_of_two) as connection:
        known = vocabulary(connection)
        with pytest.raises(QueryError, match="untrained in the model m1 1"):
            parse("car-chase", known)
    with library(store, film_of_two, BATTLE) as connection:
        known = vocabulary(connection)
        assert known.model == "the model m1 1 and the model m2 1"
        assert parse("car-chase", known) == parse("car-chase", VOCABULARY)
    with library(store) as connection:
        assert vocabulary(connection) == Vocabulary.of((), searches=sorted(SEARCHES))


def test_a_tag_is_read_as_one_range_of_rows(store: Store) -> None:
    if store.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL chooses by how many rows there are, and here are none")
    with library(store, FIGHT) as connection, plans.questions(store) as said:
        assert found_shots(connection, "violence>=0.6")
    read = [line for line in plans.plans(store, said) if "tag_block" in line]
    assert read == ["SEARCH tag_block USING PRIMARY KEY (tag_id=? AND block>? AND block<?)"]


@pytest.mark.parametrize(
    ("glob", "pattern"),
    [("/films/*.mk?", "'/films/%%.mk_'"), (r"*[1]_50%\*", r"'%%[1]\_50\%%\\%%'")],
)
def test_globs_are_like_patterns_on_postgresql(glob: str, pattern: str) -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    clause = film_clause(Query(Path(glob)), {})
    sql = str(clause.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    assert f"location.path_shown LIKE {pattern} ESCAPE" in sql


def test_every_clause_can_be_said_to_postgresql() -> None:
    of_films = "seconds(war)>3 title:x path:* coverage(war)=0 duration<9"
    of_films += " height>=720 codec:hevc model:m1 indexed>=2026-11-01"
    query = parse(f"-(war violence<0.5) or {of_films}", VOCABULARY)
    narrow = parse(f"(war or -violence) {of_films}", VOCABULARY)
    for clause in (film_clause(query, {}), may_have_shots(narrow)):
        sql = str(clause.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
        assert "GLOB" not in sql
        assert "EXISTS" in sql
    assert may_have_shots(query) is sa.true()
