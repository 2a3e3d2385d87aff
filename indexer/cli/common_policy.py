"""What commands that take a policy share."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .main import EXIT_UNDECIDED, EXIT_VIOLATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ...db.records import Film
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


def chosen_films(store: "Store", names: "Sequence[str]") -> "tuple[Film, ...]":
    """Find the films that are named, or all if none is. Raises StoreError for one not indexed."""
    from ...db.errors import StoreError
    from ..judging import all_films
    from ..naming import NotIndexed, film_meant

    with store.reading() as db:
        meant = [film_meant(db, name) for name in names] if names else list(all_films(db))
    for one in meant:
        if isinstance(one, NotIndexed):
            raise StoreError(f"{one.subject.title}: {one.reason}")
    return tuple(one for one in meant if not isinstance(one, NotIndexed))


def exit_code(verdicts: "Iterable[Verdict]") -> int:
    """Return 4 if any film violates the policy for certain, else 5 if any is undecided, else 0."""
    code = 0
    for verdict in verdicts:
        if verdict.violated:
            return EXIT_VIOLATED
        if not verdict.outcome.decided:
            code = EXIT_UNDECIDED
    return code
