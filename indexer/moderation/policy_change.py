"""Changing one threshold in a policy's text, and nothing else: its comments and order stay."""

from collections.abc import Iterator
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from ...db.errors import PolicyError


def with_threshold(text: str, tag: str, threshold: float, rule: int | None = None) -> str:
    """Return a policy's text with another threshold for a tag.

    In the rule of this number (from 1), or in all that name the tag; where none does, one is added
    that wants it reviewed. A `leave_at` over the new threshold would contradict it, and goes with
    it. Raises PolicyError if there is no such rule.
    """
    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise PolicyError(f"the policy cannot be read: {error}") from error
    rules: Any = document.setdefault("rule", tomlkit.aot())
    chosen = list(_chosen(rules, tag, rule))
    if not chosen:
        new = tomlkit.table()
        new.update({"tag": tag, "threshold": threshold, "action": "review"})
        rules.append(new)
    for one in chosen:
        one["threshold"] = threshold
        if isinstance(one.get("leave_at"), float) and one["leave_at"] > threshold:
            one["leave_at"] = threshold
    return tomlkit.dumps(document)


def _chosen(rules: list[Any], tag: str, rule: int | None) -> Iterator[Any]:
    if rule is None:
        yield from (one for one in rules if one.get("tag") == tag)
    elif 1 <= rule <= len(rules):
        yield rules[rule - 1]
    else:
        raise PolicyError(f"there is no rule {rule}: the policy has {len(rules)}")
