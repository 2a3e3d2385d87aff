"""Columns that hold paths: translated where they are read and written, by the engine's own roots.

Everything else in the program sees the paths of its own host. What is compared piece by piece, a
folder or a glob, is said in elements of its own.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from .roots import MARK, NONE, Roots, start_of

_ROOTS = "filmdex_roots"


def set_roots(engine: sa.Engine, roots: Roots) -> None:
    """Have an engine's connections translate by these roots."""
    setattr(engine.dialect, _ROOTS, roots)


def roots_of(dialect: sa.Dialect) -> Roots:
    """Return the roots that an engine translates by."""
    found: Roots = getattr(dialect, _ROOTS, NONE)
    return found


class StoredPath(sa.types.TypeDecorator[bytes]):
    """A path in bytes."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: sa.Dialect) -> bytes | None:
        """Translate what is written, or compared with."""
        return None if value is None else roots_of(dialect).stored(value)

    def process_result_value(self, value: bytes | None, dialect: sa.Dialect) -> bytes | None:
        """Translate what is read."""
        return None if value is None else roots_of(dialect).here(value)


class StoredShown(sa.types.TypeDecorator[str]):
    """A path as people see it."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """Translate what is written."""
        shown = roots_of(dialect).shown()
        return None if value is None else shown.stored(value.encode()).decode()

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """Translate what is read."""
        shown = roots_of(dialect).shown()
        return None if value is None else shown.here(value.encode()).decode()


class Below(sa.ColumnElement[bool]):
    """A path lies below a folder of this host."""

    inherit_cache = False

    def __init__(self, path: sa.ColumnElement[bytes], folder: bytes) -> None:
        self.path, self.folder = path, folder
        self.type = sa.Boolean()


@compiles(Below)
def _below(element: Below, compiler: SQLCompiler, **options: Any) -> str:
    starts = roots_of(compiler.dialect).starts(element.folder)
    some = sa.or_(*(_begins(element.path, start) for start in starts))
    return compiler.process(some.self_group(), **options)


class Reachable(sa.ColumnElement[bool]):
    """A path lies below no named root, or below one that this host knows."""

    inherit_cache = False

    def __init__(self, path: sa.ColumnElement[bytes]) -> None:
        self.path = path
        self.type = sa.Boolean()


@compiles(Reachable)
def _reachable(element: Reachable, compiler: SQLCompiler, **options: Any) -> str:
    names = [name for name, _ in roots_of(compiler.dialect).folders]
    known = [_begins(element.path, start_of(name)) for name in names]
    unnamed = sa.or_(element.path < _raw(MARK), element.path >= _raw(bytes([MARK[0] + 1])))
    return compiler.process(sa.or_(unnamed, *known).self_group(), **options)


def _begins(path: sa.ColumnElement[bytes], start: bytes) -> sa.ColumnElement[bool]:
    # `0` is what comes after `/`.
    return sa.and_(path >= _raw(start + b"/"), path < _raw(start + b"0"))


def _raw(value: bytes) -> sa.ColumnElement[bytes]:
    return sa.literal(value, sa.LargeBinary())


class ShownHere(sa.ColumnElement[str]):
    """A path as people on this host see it, to be searched in."""

    inherit_cache = False

    def __init__(self, shown: sa.ColumnElement[str]) -> None:
        self.shown = shown
        self.type = sa.Text()


@compiles(ShownHere)
def _shown_here(element: ShownHere, compiler: SQLCompiler, **options: Any) -> str:
    stored = sa.type_coerce(element.shown, sa.Text())
    cases = []
    for name, folder in roots_of(compiler.dialect).shown().folders:
        start = start_of(name).decode()
        begins = sa.func.substr(stored, 1, len(start) + 1) == f"{start}/"
        cases.append((begins, sa.literal(folder.decode()) + sa.func.substr(stored, len(start) + 1)))
    translated = sa.case(*cases, else_=stored) if cases else stored
    return compiler.process(translated, **options)
