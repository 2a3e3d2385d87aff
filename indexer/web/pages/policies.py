"""Policies: the shelf, and one policy with its thresholds to try."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....db.records import US_PER_SECOND, Role
from ...moderation.documents import policy_document
from ...moderation.policy import Rule, Shaping, Snap
from ...moderation.shelf import Origin
from ..api.policies import Name, list_policies
from ..desk import Desk, Here
from ..identity import Reader
from ..rendering import pages_of

router = APIRouter(include_in_schema=False)


@router.get("/policies")
def policies(request: Request, desk: Here, who: Reader) -> Response:
    """List the policies."""
    return pages_of(request).page("policies.html", who, {"listed": list_policies(desk)})


@router.get("/policies/{name}")
def policy(request: Request, desk: Here, who: Reader, name: Name) -> Response:
    """Show one policy."""
    with desk.store.reading() as db:
        found = desk.policies.named(db, name)
        own = {facts.tag: facts.threshold for facts in desk.policies.tags(db)}
    values = {
        "name": name,
        "it": policy_document(found),
        "rules": [_rule(n, rule, own) for n, rule in enumerate(found.rules, 1)],
        "save_as": name if _own(desk, name) else f"{name}-2",
        "may_save": who.may(Role.ADMINISTRATOR),
    }
    return pages_of(request).page("policy.html", who, values)


def _own(desk: Desk, name: str) -> bool:
    return any(one.name == name and one.origin is Origin.OWN for one in desk.policies.listed())


def _rule(number: int, rule: Rule, own: Mapping[str, float | None]) -> dict[str, Any]:
    stored = rule.threshold if isinstance(rule.threshold, float) else None
    exempt = [f"not for {one.kind} {one.pattern}" for one in rule.exempt]
    return {
        "number": number,
        "about": rule.subject.name,
        "kind": rule.subject.kind.value,
        "stored": stored,
        "begins": stored or own.get(rule.subject.name) or 0.5,
        "shown": str(rule.threshold) if stored is None else f"{stored:.2f}",
        "action": rule.action.value,
        "words": ", ".join([f"{rule.severity} severity", *_shape(rule.shaping), *exempt]),
    }


def _shape(shaping: Shaping) -> list[str]:
    """Say what of a rule's shape is not as it is left alone."""
    lengths = (
        ("spans closer than {} s are one", shaping.gap_us),
        ("at least {} s", shaping.min_duration_us),
        ("from {} s before", shaping.pad_before_us),
        ("to {} s after", shaping.pad_after_us),
    )
    words = [text.format(f"{us / US_PER_SECOND:g}") for text, us in lengths if us]
    if shaping.leave_at is not None:
        words.insert(0, f"left under {shaping.leave_at:g}")
    return words + ([f"whole {shaping.snap}s"] if shaping.snap is not Snap.NONE else [])
