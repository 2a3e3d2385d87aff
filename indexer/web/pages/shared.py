"""What several pages need: the policies there are, and addresses within the page."""

from collections.abc import Mapping
from urllib.parse import urlencode

from ..desk import Desk


def policy_names(desk: Desk) -> list[str]:
    """Name the policies that can be chosen."""
    return [one.name for one in desk.policies.listed()]


def address(path: str, values: Mapping[str, object]) -> str:
    """Write an address with those values that are something."""
    query = urlencode({key: value for key, value in values.items() if value not in (None, "")})
    return f"{path}?{query}" if query else path
