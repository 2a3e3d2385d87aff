"""How the database goes about what it is asked: for measuring, and for finding what is slow."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from .store import Store

Said = tuple[str, Any]


@contextmanager
def questions(store: Store) -> Iterator[list[Said]]:
    """Give a list to which every SELECT is added that is asked meanwhile, with its values."""
    said: list[Said] = []

    def note(_c: object, _u: object, statement: str, values: Any, *_: object) -> None:
        if statement.lstrip().startswith("SELECT"):
            said.append((statement, values))

    sa.event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        sa.event.remove(store.engine, "before_cursor_execute", note)


def plans(store: Store, said: Sequence[Said]) -> tuple[str, ...]:
    """Say what SQLite reads for each question, and by which index; like plans once."""
    lines = []
    with store.reading() as db:
        for statement, values in said:
            steps = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            reads = [step[-1] for step in steps if step[-1].startswith(("SCAN", "SEARCH", "USE"))]
            lines.append("; ".join(dict.fromkeys(reads)))
    return tuple(dict.fromkeys(lines))
