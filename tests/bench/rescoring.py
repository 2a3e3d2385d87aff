"""How fast a library is scored anew: the head alone, and with all reading and writing.

    python tests/bench/rescoring.py [--films 200] [--shots 1200] [--bundle default]

Makes a library (`indexer/bench/made_library.py`) in a temporary folder, says that another model
scored it, and lets the bundle's head score it.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from filmdex.db import rescoring
from filmdex.db.store import Store
from filmdex.indexer import bundle
from filmdex.indexer.bench.made_library import embeddings, fill
from filmdex.indexer.rescoring import Head, rescore
from filmdex.indexer.wall import wall_clock_us


def main() -> None:
    """Print shots a second, both ways."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--films", type=int, default=200)
    parser.add_argument("--shots", type=int, default=1200)
    parser.add_argument("--bundle", default=bundle.DEFAULT)
    asked = parser.parse_args()
    model = bundle.load(bundle.locate(asked.bundle))
    head = Head.of(model, 0)
    vectors = list(embeddings(model.card.embedding_width))
    began, scored = time.perf_counter(), 0
    while time.perf_counter() < began + 5:
        scored += len(head.probabilities(vectors))
    print(f"head alone: {scored / (time.perf_counter() - began):,.0f} shots a second")
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "library.db") as store:
        old = replace(head.facts, digest="0" * 64)
        began = time.perf_counter()
        width = model.card.embedding_width
        made = fill(
            store, old, asked.films, shots=asked.shots, width=width, with_embeddings=asked.films
        )
        total = sum(made)
        print(f"made: {total / (time.perf_counter() - began):,.0f} shots a second")
        with store.reading() as db:
            due = rescoring.stale(db, head.facts.digest)
        began = time.perf_counter()
        done = sum(one.shots for one in rescore(store, head, wall_clock_us, due))
        print(f"all of it: {done / (time.perf_counter() - began):,.0f} shots a second")


if __name__ == "__main__":
    main()
