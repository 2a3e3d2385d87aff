"""Policies: what there are, what another threshold would change, and saving one."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from ....db import films
from ....db.errors import PolicyError
from ....db.films import MAX_ID
from ....db.records import TagFacts
from ....db.store import Connection
from ...comparing import changes
from ...judging import Judge, Keeper
from ...moderation import shelf
from ...moderation.documents import policy_document, verdict_document
from ...moderation.policy import Policy
from ...moderation.policy_change import with_threshold
from ...wall import wall_clock_us
from ..desk import Desk, Here
from ..identity import Administrator
from ..problems import decoded

NAME = r"^[A-Za-z0-9][A-Za-z0-9 _.-]*$"
# So many films that change are named; all are counted.
MOST_NAMED = 100
TOML = {
    "requestBody": {
        "required": True,
        "content": {"application/toml": {"schema": {"type": "string"}}},
    }
}

Name = Annotated[str, Path(min_length=1, max_length=100, pattern=NAME, description="Its name.")]
router = APIRouter(tags=["policies"])


class TagKnown(BaseModel):
    """A tag that a policy or a query may name; untrained ones have no threshold."""

    tag: str
    group: str
    status: str
    threshold: float | None


@router.get("/tags")
def tags(desk: Here) -> list[TagKnown]:
    """List the tags of the model in use, and of those behind the library."""
    with desk.store.reading() as db:
        return list(map(_tag, desk.policies.tags(db)))


def _tag(facts: TagFacts) -> TagKnown:
    return TagKnown(
        tag=facts.tag, group=facts.group, status=facts.status, threshold=facts.threshold
    )


class PolicyItem(BaseModel):
    """A policy; `origin` is shipped or own, `rules` null where it has mistakes, which it `says`."""

    name: str
    origin: str
    rules: int | None
    says: str


@router.get("/policies")
def list_policies(desk: Here) -> list[PolicyItem]:
    """List the policies that ship, as examples, and the library's own."""
    with desk.store.reading() as db:
        return [_item(desk, db, one) for one in desk.policies.listed()]


def _item(desk: Desk, db: Connection, one: shelf.Shelved) -> PolicyItem:
    try:
        policy = desk.policies.named(db, one.name)
    except PolicyError as error:
        says = str(error).partition("\n")[0]
        return PolicyItem(name=one.name, origin=one.origin.value, rules=None, says=says)
    rules, says = len(policy.rules), policy.description
    return PolicyItem(name=one.name, origin=one.origin.value, rules=rules, says=says)


@router.get("/policies/{name}")
def policy(desk: Here, name: Name) -> dict[str, Any]:
    """Say what a policy says, rule by rule, with its text and digest."""
    with desk.store.reading() as db:
        return policy_document(desk.policies.named(db, name))


class Trial(BaseModel):
    """Another threshold for a tag: in one rule, or in all that name it; a film to show it on.

    `text` is what to begin with, where something else was changed before; else what is stored.
    """

    model_config = ConfigDict(extra="forbid")

    tag: str = Field(min_length=1, max_length=200)
    threshold: float = Field(gt=0.0, le=1.0, allow_inf_nan=False)
    rule: int | None = Field(default=None, ge=1, le=1000)
    film_id: int | None = Field(default=None, ge=1, le=MAX_ID)
    text: str | None = Field(default=None, max_length=shelf.LARGEST_BYTES)


class Changed(BaseModel):
    """A film whose verdict would be another."""

    film_id: int
    title: str
    before: str
    after: str


class Tried(BaseModel):
    """What another threshold would change: nothing was written.

    `text` is the policy as it would be; `verdict` that on the film that was asked for, with its
    spans. Of `changes` films the first hundred are named.
    """

    text: str
    digest: str
    verdict: dict[str, Any] | None
    films: int
    changes: int
    changed: list[Changed]


@router.post("/policies/{name}/try")
def try_policy(desk: Here, name: Name, trial: Annotated[Trial, Body()]) -> Tried:
    """Say what another threshold would change, from stored probabilities."""
    with desk.store.reading() as db:
        before = desk.policies.named(db, name)
        begun = before.text if trial.text is None else trial.text
        text = with_threshold(begun, trial.tag, trial.threshold, trial.rule)
        after = desk.policies.read(db, text, name)
        verdict = None if trial.film_id is None else _verdict(db, after, trial.film_id)
        found = changes(db, before, after)
    named = [
        Changed(
            film_id=one.film.film_id,
            title=one.film.title,
            before=one.before.value,
            after=one.after.value,
        )
        for one in found.changed[:MOST_NAMED]
    ]
    return Tried(
        text=text,
        digest=after.digest,
        verdict=verdict,
        films=found.films,
        changes=len(found.changed),
        changed=named,
    )


def _verdict(db: Connection, by: Policy, film_id: int) -> dict[str, Any]:
    return verdict_document(Judge(by).examine(db, films.read(db, film_id)).verdict)


async def _text(request: Request) -> str:
    data = await request.body()
    if len(data) > shelf.LARGEST_BYTES:
        raise PolicyError(f"over {shelf.LARGEST_BYTES} bytes; a policy is a page of TOML")
    return decoded(data)


@router.put("/policies/{name}", openapi_extra=TOML)
def save_policy(
    desk: Here, who: Administrator, name: Name, text: Annotated[str, Depends(_text)]
) -> dict[str, Any]:
    """Save a policy among the library's own; its mistakes are told, and then nothing is saved."""
    with desk.store.reading() as db:
        read = desk.policies.read(db, text, name)
    shelf.save(name, text, desk.settings.policy.folder)
    Keeper.of(desk.store, desk.settings).policy(read, who.name, wall_clock_us())
    return policy_document(read)
