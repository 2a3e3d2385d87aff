"""What the database does holds on SQLite and on PostgreSQL: each test here runs on both."""

import pytest


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """What keeps the library."""
    return str(request.param)
