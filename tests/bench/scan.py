"""What it costs to look through a library in which nothing has changed: processor time, and writes.

python tests/bench/scan.py [FILES] [FOLDER]
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from filmdex.db import tables
from filmdex.db.records import show_path
from filmdex.db.store import Store
from filmdex.indexer.watch.changes import Pass, Take
from filmdex.indexer.watch.keeper import Now, RootKeeper, RootOrders
from filmdex.indexer.watch.ledger import Ledger
from filmdex.indexer.watch.scan import Filter, look
from filmdex.indexer.watch.waking import Waker

IN_A_FOLDER = 100
ROUNDS = 5


class Here:
    """Looks at once, in the thread that asks, so that its time is seen."""

    def __init__(self, root: bytes) -> None:
        self._root, self._answer = root, None

    @property
    def busy(self) -> bool:
        return self._answer is not None

    def look(self) -> None:
        self._answer = look(self._root, Filter.of((), ()))

    def recognise(self, takes: list[Take]) -> None:
        raise SystemExit(f"nothing should have changed: {takes[0]}")

    def answer(self) -> Pass | None:
        answer, self._answer = self._answer, None
        return answer

    def close(self) -> None:
        """Nothing to close."""


def fill(root: Path, count: int) -> None:
    for number in range(count):
        folder = root / f"{number // IN_A_FOLDER:05}"
        if number % IN_A_FOLDER == 0:
            folder.mkdir()
        (folder / f"{number:06}.mkv").touch()


def know(store: Store, root: bytes) -> None:
    seen = look(root, Filter.of((), ())).files
    film = {"size": 7, "title": "film", "title_folded": "film", "added_us": 1}
    films = [{"id": n, "fingerprint": f"{n:064x}", **film} for n in range(len(seen))]
    places = [
        {
            "film_id": number,
            "path": path,
            "path_shown": show_path(path),
            "size": one.size,
            "mtime_ns": one.mtime_ns,
            "seen_us": 1,
        }
        for number, (path, one) in enumerate(seen.items())
    ]
    with store.writing() as db:
        db.execute(tables.film.insert(), films)
        db.execute(tables.location.insert(), places)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as name:
        root = Path(name) / "films"
        root.mkdir()
        fill(root, count)
        with Store.open(Path(name) / "library.db") as store:
            know(store, os.fsencode(root))
            measure(store, os.fsencode(root), count)


def measure(store: Store, root: bytes, count: int) -> None:
    orders = RootOrders(root, 0, 1, 1)
    keeper = RootKeeper(orders, Here(root), Waker(root, events=False), Ledger(store), print)
    database = Path(store.engine.url.database or "")
    written = Path(f"{database}-wal")
    for number in range(ROUNDS + 1):
        before = written.stat().st_size, written.stat().st_mtime_ns, database.stat().st_mtime_ns
        began_s = time.process_time()
        keeper.step(Now(10 * number + 1, 1))  # begins to look
        keeper.step(Now(10 * number + 2, 1))  # takes in what was seen, and looks anew
        spent_s = time.process_time() - began_s
        after = written.stat().st_size, written.stat().st_mtime_ns, database.stat().st_mtime_ns
        writes = "no write" if before == after else "WRITTEN TO"
        looks = 2 if number == 0 else 1
        first = " (the first also reads what is known)" if number == 0 else ""
        print(f"{count} files: {spent_s / looks:.2f} s of CPU a pass, {writes}{first}")


if __name__ == "__main__":
    main()
