"""How long a policy takes over a whole library.

    python tests/bench/moderation_library.py LIBRARY.db [--films 10000] [--shots 60]

Makes a library (if LIBRARY.db is not there) of the shipped model's tags and thresholds
(`indexer/bench/made_library.py`). Then compares policies that ship, three times each.
"""

import argparse
import itertools
import time
from pathlib import Path

from filmdex.db.store import Store
from filmdex.indexer import bundle
from filmdex.indexer.bench.made_library import fill
from filmdex.indexer.comparing import changes
from filmdex.indexer.moderation import shelf


def main() -> None:
    """Make the library if need be, and time comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("--films", type=int, default=10_000)
    parser.add_argument("--shots", type=int, default=60)
    args = parser.parse_args()
    if not args.library.exists():
        began = time.perf_counter()
        made = bundle.load(bundle.locate(bundle.DEFAULT))
        with Store.open(args.library) as store:
            sum(fill(store, made.facts, args.films, shots=args.shots))
        print(f"made in {time.perf_counter() - began:.0f} s")
    tags = bundle.load(bundle.locate("default")).facts.tags
    policies = [shelf.load(one.path, tags) for one in shelf.shelved(Path("/nonexistent"))]
    with Store.open(args.library, make=False) as store:
        for before, after in itertools.pairwise(policies):
            for _ in range(3):
                began = time.perf_counter()
                with store.reading() as db:
                    found = changes(db, before, after)
                took = time.perf_counter() - began
                print(
                    f"{took:6.2f} s  {before.name} -> {after.name}: "
                    f"{len(found.changed)} of {found.films} films change"
                )


if __name__ == "__main__":
    main()
