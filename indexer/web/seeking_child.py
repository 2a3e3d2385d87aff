"""A process that searches for the page: `python -I -m ….seeking_child FD`. Ends when the page does.

It parses no media, and what comes down the line is the page's own.
"""

import gc
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection as Line
from typing import TypeVar

from ...db.errors import FilmdexError
from ...db.store import Connection, Store
from ..settings import Settings

R = TypeVar("R")
# What can be sent down the line: it looks into the library as it is at one moment.
Work = Callable[[Connection, Settings], R]


def serve(line: Line) -> None:
    """Do what is sent, one after the other, until there is nobody to answer."""
    settings: Settings = line.recv()
    with Store.open(settings.database.path, make=False, roots=settings.roots.roots()) as store:
        gc.freeze()  # what is loaded by now stays
        while True:
            line.send(_done(line.recv(), store, settings))


def _done(work: Work[R], store: Store, settings: Settings) -> R | FilmdexError:
    try:
        with store.reading() as db:
            return work(db, settings)
    except FilmdexError as error:
        return error


if __name__ == "__main__":
    try:
        serve(Line(int(sys.argv[1])))
    except (EOFError, ConnectionError):
        sys.exit()
