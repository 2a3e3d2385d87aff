"""What commands that take a policy share."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .main import EXIT_UNDECIDED, EXIT_VIOLATED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...db.store import Store
    from ..moderation.policy import Policy
    from ..moderation.verdict import Verdict
    from ..settings import Settings

F = TypeVar("F", bound=Callable[..., Any])


def with_policy(function: F) -> F:
    """Add `--policy`."""
    return click.option(
        "--policy",
        "policy_name",
        required=True,
        metavar="POLICY",
        help="A policy's name (`filmdex policy list`), or its file.",
    )(function)


def load_policy(store: "Store", settings: "Settings", name: str) -> "Policy":
    """Find and read a policy; its tags must be known to the library or to the model in use."""
    from ..judging import known_tags
    from ..moderation import shelf

    path = shelf.locate(name, settings.policy.folder)
    with store.reading() as db:
        return shelf.load(path, known_tags(db, settings))


def exit_code(verdicts: "Iterable[Verdict]") -> int:
    """Return 4 if any film violates the policy for certain, else 5 if any is undecided, else 0."""
    code = 0
    for verdict in verdicts:
        if verdict.violated:
            return EXIT_VIOLATED
        if not verdict.outcome.decided:
            code = EXIT_UNDECIDED
    return code


def now_us() -> int:
    """Return the time of day, microseconds since 1970."""
    return time.time_ns() // 1000
