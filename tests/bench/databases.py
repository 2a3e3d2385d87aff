"""SQLite and PostgreSQL side by side: storing films, and searching them.

    python tests/bench/databases.py --films 300 --shots 600 /tmp/bench.db postgresql:///bench

Each library must be new or empty. Films are made up as `filmdex bench make-library` does, and
stored twenty in a transaction; making them up is part of the time. Queries are asked once
unmeasured, then several times.
"""

import argparse
import statistics
import time
from collections.abc import Callable

from filmdex.db.address import Server, address_of
from filmdex.db.hits import FilmHit, ShotHit
from filmdex.db.query_parser import parse
from filmdex.db.search import Page, count_films, search_films, search_shots, vocabulary
from filmdex.db.store import Connection, Store
from filmdex.indexer import bundle
from filmdex.indexer.bench.made_library import fill

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


def stored_s(store: Store, films: int, shots: int) -> tuple[int, float]:
    """Store made-up films; return how many shots they have, and how long that took."""
    facts = bundle.load(bundle.locate("default")).facts
    made = fill(store, facts, films, shots=shots, width=2048, with_embeddings=films)
    began_s = time.perf_counter()
    return sum(made), time.perf_counter() - began_s


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
    for name in asked.libraries:
        at = address_of(name)
        with Store.open(at) as store:
            count, took_s = stored_s(store, asked.films, asked.shots)
            with store.reading() as db:
                size = store.size_bytes(db)
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
