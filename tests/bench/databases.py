"""SQLite and PostgreSQL side by side: storing films, and searching them.

    python tests/bench/databases.py --films 300 --shots 600 /tmp/bench.db postgresql:///bench

Each library must be new or empty. Films are made up (made_library.py) and stored one transaction a
film, as indexing does; queries are asked once unmeasured, then several times.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from filmdex.db import models
from filmdex.db.address import Server, address_of
from filmdex.db.hits import FilmHit, ShotHit
from filmdex.db.query_parser import parse
from filmdex.db.search import Page, count_films, search_films, search_shots, vocabulary
from filmdex.db.store import Connection, Store
from filmdex.indexer import bundle
from made_library import add_film, embeddings

QUERIES = (
    ("films", "violence"),
    ("films", "animation and -violence"),
    ("films", "peak(nudity)>=0.5 or coverage(sports)>10%"),
    ("films", 'title:"00012"'),
    ("films", "path:*0001*"),
    ("shots", "violence>=0.6"),
    ("shots", "animation or sports"),
    ("shots", "violence animation"),
)
ROUNDS = 15
PAGE = 50


def stored_s(store: Store, films: int, shots: int) -> float:
    """Store made-up films; return how long that took."""
    facts = bundle.load(bundle.locate("default")).facts
    vectors = embeddings(2048)
    began_s = time.perf_counter()
    for number in range(films):
        with store.writing() as db:
            add_film(db, number, shots, facts, models.register(db, facts), vectors)
    return time.perf_counter() - began_s


def made_up_s(films: int, shots: int) -> float:
    """Return how long it takes to make so many films up, which is no storing."""
    from made_library import film

    facts = bundle.load(bundle.locate("default")).facts
    vectors = embeddings(2048)
    began_s = time.perf_counter()
    for number in range(films):
        list(film(np.random.default_rng(number), shots, facts, vectors))
    return time.perf_counter() - began_s


def asked_ms(ask: Callable[[], object]) -> tuple[float, float]:
    """Return the median of several rounds, and the slowest."""
    ask()
    took = []
    for _ in range(ROUNDS):
        began_s = time.perf_counter()
        ask()
        took.append(1000 * (time.perf_counter() - began_s))
    return statistics.median(took), max(took)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("libraries", nargs="+")
    parser.add_argument("--films", type=int, default=300)
    parser.add_argument("--shots", type=int, default=600)
    asked = parser.parse_args()
    without_s = made_up_s(asked.films, asked.shots)
    for name in asked.libraries:
        at = address_of(name)
        with Store.open(at) as store:
            took_s = stored_s(store, asked.films, asked.shots) - without_s
            with store.reading() as db:
                size = store.size_bytes(db)
            count = asked.films * asked.shots
            kind = "PostgreSQL" if isinstance(at, Server) else "SQLite"
            rate, each = count / took_s, size / count
            print(f"{kind}: {count} shots, {rate:.0f} a second, {each:.0f} bytes each")
            if isinstance(at, Server):
                with store.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as db:
                    db.exec_driver_sql("ANALYZE")
            else:
                with store.writing() as db:
                    db.exec_driver_sql("ANALYZE")
            _search(store)


def _search(store: Store) -> None:
    for what, text in QUERIES:
        with store.reading() as db:
            ask = _asking(db, what, text)
            hits = len(ask().hits)
            median_ms, slowest_ms = asked_ms(ask)
        print(f"  {what} {text:45} {hits:3} hits {median_ms:7.1f} {slowest_ms:7.1f} ms")
    with store.reading() as db:
        query = parse("violence or animation", vocabulary(db))
        median_ms, slowest_ms = asked_ms(lambda: count_films(db, query))
    print(f"  counting films {'':36} {median_ms:16.1f} {slowest_ms:7.1f} ms")


def _asking(db: Connection, what: str, text: str) -> Callable[[], Page[FilmHit] | Page[ShotHit]]:
    query = parse(text, vocabulary(db))
    if what == "films":
        return lambda: search_films(db, query, limit=PAGE)
    return lambda: search_shots(db, query, limit=PAGE)


if __name__ == "__main__":
    main()
