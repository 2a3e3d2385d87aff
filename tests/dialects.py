"""Have a module's tests run on both databases: `dialect = dialects.dialect` at its top.

They then hold of SQLite and of PostgreSQL whatever they say of the fixture `store`.
"""

import pytest


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """What keeps the library."""
    return str(request.param)
