"""A film that is written to a library again and again, by another process, as indexing does."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

from ...db import films, models, runs
from ...db.store import Store
from .made_film import SHOTS, Maker
from .made_library import MadeFilm

STRETCH = 64
_SEED = 1_000_000_007


@contextmanager
def film_being_written(library: Path) -> Iterator[None]:
    """Keep a film of SHOTS shots being written; it is taken out of the library in the end."""
    context = multiprocessing.get_context("spawn")
    begun, enough = context.Event(), context.Event()
    writer = context.Process(target=_write, args=(library, begun, enough))
    writer.start()
    try:
        while not begun.wait(1):
            if not writer.is_alive():
                raise RuntimeError("the film could not be written")
        yield
    finally:
        enough.set()
        writer.join()


def _write(library: Path, begun: Event, enough: Event) -> None:
    with Store.open(library, make=False) as store:
        with store.reading() as db:
            facts = models.listed(db)[0]
        made = MadeFilm.of(Maker.of(facts, _SEED), 0, SHOTS)
        while not enough.is_set():
            with store.writing() as db:
                run_id = made.begin(db, models.register(db, facts))
            for first in range(0, len(made.shots), STRETCH):
                with store.writing() as db:
                    runs.append(db, run_id, first, made.shots[first : first + STRETCH])
                begun.set()
            with store.writing() as db:
                made.finish(db, run_id)
        with store.writing() as db:
            films.drop(db, made.identity)
