"""Titles that hold a phrase: folded words (folding.py) one after another, each of them whole.

SQLite looks through the titles, of which there are as many as films. PostgreSQL first asks its full
text index for those that have all the words.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from .postgres_words import TITLE_WORDS
from .tables import film


def has_phrase(folded: str) -> sa.ColumnElement[bool]:
    """Say which films' folded titles hold a folded phrase."""
    words = sa.literal(" ") + film.c.title_folded + " "
    return sa.and_(_HasWords(folded), words.contains(f" {folded} ", autoescape=True))


class _HasWords(sa.ColumnElement[bool]):
    """A folded title has all of these words, in any order; may be true of others too."""

    inherit_cache = False

    def __init__(self, folded: str) -> None:
        self.folded = folded
        self.type = sa.Boolean()


@compiles(_HasWords)
def _unasked(_element: _HasWords, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(sa.true(), **options)


@compiles(_HasWords, "postgresql")
def _lexemes(element: _HasWords, compiler: SQLCompiler, **options: Any) -> str:
    words = [word for word in element.folded.split(" ") if word]
    if not words:
        return compiler.process(sa.true(), **options)
    # Quoted, each is a lexeme as it stands (the manual, 8.11.2).
    quoted = " & ".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in words)
    query = sa.cast(sa.literal(quoted, sa.Text()), _TsQuery())
    asked = sa.literal_column(TITLE_WORDS).op("@@")(query)
    return compiler.process(asked, **options)


class _TsQuery(sa.types.UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "TSQUERY"
