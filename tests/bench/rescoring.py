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

import numpy as np
from filmdex.db import rescoring
from filmdex.db.embeddings import BLOCK_SHOTS
from filmdex.db.store import Store
from filmdex.indexer import bundle
from filmdex.indexer.bench.made_library import embeddings, fill
from filmdex.indexer.rescoring import Head, rescore
from filmdex.indexer.wall import wall_clock_us


class Clock:
    """Wall and processor time from now on."""

    def __init__(self) -> None:
        self.began_s, self.used_s = time.perf_counter(), time.process_time()

    @property
    def wall_s(self) -> float:
        """Seconds that went by."""
        return time.perf_counter() - self.began_s

    def tell(self, what: str, shots: int) -> None:
        """Print shots a second, by the wall's clock and by the processor's."""
        used_s = time.process_time() - self.used_s
        rates = f"{shots / self.wall_s:,.0f} shots a second, {shots / used_s:,.0f} a second of CPU"
        print(f"{what}: {rates}", flush=True)


def main() -> None:
    """Print shots a second, both ways."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--films", type=int, default=200)
    parser.add_argument("--shots", type=int, default=1200)
    parser.add_argument("--bundle", default=bundle.DEFAULT)
    asked = parser.parse_args()
    model = bundle.load(bundle.locate(asked.bundle))
    head = Head.of(model, 0)
    vectors = embeddings(model.card.embedding_width)[:BLOCK_SHOTS]
    table = np.frombuffer(b"".join(vectors), np.uint8).reshape(len(vectors), -1)
    clock = Clock()
    scored = 0
    while clock.wall_s < 5:
        scored += len(head.probabilities(table))
    clock.tell("head alone", scored)
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "library.db") as store:
        old = replace(head.facts, digest="0" * 64)
        clock = Clock()
        width = model.card.embedding_width
        made = fill(
            store, old, asked.films, shots=asked.shots, width=width, with_embeddings=asked.films
        )
        total = sum(made)
        clock.tell("made", total)
        with store.reading() as db:
            due = rescoring.stale(db, head.facts.digest)
        clock = Clock()
        done = sum(one.shots for one in rescore(store, head, wall_clock_us, due))
        clock.tell("all of it", done)


if __name__ == "__main__":
    main()
