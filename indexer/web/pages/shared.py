"""What several pages need: the policies there are, and addresses within the page."""

from collections.abc import Mapping
from urllib.parse import urlencode

from ....db.store import Connection
from ...judging import known_tags
from ...moderation import shelf
from ...moderation.policy import Policy
from ...settings import Settings


def policy_names(settings: Settings) -> list[str]:
    """Name the policies that can be chosen."""
    return [one.name for one in shelf.shelved(settings.policy.folder)]


def chosen(db: Connection, settings: Settings, name: str) -> Policy | None:
    """Read the policy of this name; none for an empty one.

    Raises PolicyError if it is not on the shelf: a path is never taken for a name here.
    """
    for one in shelf.shelved(settings.policy.folder):
        if name and one.name == name:
            return shelf.load(one.path, known_tags(db, settings))
    if name:
        raise shelf.PolicyError(f"no policy {name!r}; the page of policies lists them")
    return None


def address(path: str, values: Mapping[str, object]) -> str:
    """Write an address with those values that are something."""
    query = urlencode({key: value for key, value in values.items() if value not in (None, "")})
    return f"{path}?{query}" if query else path
