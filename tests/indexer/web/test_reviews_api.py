"""Deciding through the API: the queue, what is kept, taking it back, and the audit of it all."""

import json
from typing import Any

from filmdex.db import audit
from filmdex.indexer.audit_key import key_for
from page import USER, Page

SECOND = 1_000_000


def decide(page: Page, item: dict[str, Any], decision: str, **more: Any) -> dict[str, Any]:
    body = {
        "film_id": item["film"],
        "tag": item["tag"],
        "start_us": item["start_us"],
        "end_us": item["end_us"],
        "decision": decision,
    }
    answer = page.local.post("/api/v1/reviews", json=body | more)
    assert answer.status_code == 201, answer.text
    kept: dict[str, Any] = answer.json()
    return kept


def waiting(page: Page) -> list[tuple[int, int]]:
    found = page.get("/reviews/next", policy="house")
    assert found["judged"] == found["flagged"] == 3
    return [(item["film"], item["start_us"]) for item in found["items"]]


def test_what_is_decided_waits_no_longer_until_it_is_taken_back(page: Page) -> None:
    before = waiting(page)
    assert len(before) == 6
    [first] = page.get("/reviews/next", policy="house", limit=1)["items"]
    kept = decide(page, first, "reject", note="a <b>cartoon</b>")
    assert kept["reviewer"] == USER
    after = waiting(page)
    assert set(before) - set(after) == {(first["film"], first["start_us"])}
    spans = page.get(f"/films/{first['film']}/spans", policy="house")["evidence"]
    assert first["start_us"] not in [span["start_us"] for span in spans]
    taken = page.local.post(f"/api/v1/reviews/{kept['review']}/undo")
    assert taken.status_code == 200
    assert waiting(page) == before
    assert page.get(f"/films/{first['film']}/reviews") == []


def test_the_audit_has_the_decision_and_that_it_was_taken_back(page: Page) -> None:
    [first] = page.get("/reviews/next", policy="house", limit=1)["items"]
    kept = decide(page, first, "accept")
    page.local.post(f"/api/v1/reviews/{kept['review']}/undo")
    told = page.get("/audit", kind="review")
    assert [entry["body"].get("taken_back_by") for entry in told["items"]] == [USER, None]
    older = page.get("/audit", kind="review", limit=1)
    rest = page.get("/audit", kind="review", limit=1, cursor=older["next"])
    assert rest["items"] == told["items"][1:]
    with page.desk.store.reading() as db:
        key = key_for(page.desk.settings.audit.key, chain_is_empty=False)
        assert isinstance(audit.verify(db, key, None), audit.Head)
        assert [json.loads(e.body)["decision"] for e in audit.entries(db)] == ["accept", "accept"]


def test_nobody_takes_back_what_another_said_but_an_administrator(page: Page) -> None:
    ada, bob = page.somebody("Ada", "reviewer"), page.somebody("Bob", "reviewer")
    chief = page.somebody("Chief", "administrator")
    body = {"film_id": 1, "tag": "Animation", "start_us": 0, "end_us": 9, "decision": "accept"}
    number = ada.post("/api/v1/reviews", json=body).json()["review"]
    assert bob.post(f"/api/v1/reviews/{number}/undo").status_code == 403
    assert chief.post(f"/api/v1/reviews/{number}/undo").status_code == 200
    assert chief.post(f"/api/v1/reviews/{number}/undo").status_code == 409
    assert chief.post("/api/v1/reviews/999/undo").status_code == 404


def test_an_earlier_word_counts_again_when_a_later_one_is_taken_back(page: Page) -> None:
    [first] = page.get("/reviews/next", policy="house", limit=1)["items"]
    decide(page, first, "reject")
    later = decide(page, first, "accept")
    page.local.post(f"/api/v1/reviews/{later['review']}/undo")
    left = [review["decision"] for review in page.get(f"/films/{first['film']}/reviews")]
    assert left == ["reject"]


def test_what_cannot_be_is_refused_and_not_kept(page: Page) -> None:
    body = {"film_id": 1, "tag": "Animation", "start_us": 0, "end_us": 9, "decision": "accept"}
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"film_id": 99}, 404),
        ({"tag": "Nonsense"}, 404),
        ({"end_us": 0}, 422),
        ({"start_us": -1}, 422),
        ({"start_us": 10**12, "end_us": 10**12 + 1}, 422),
        ({"decision": "maybe"}, 422),
        ({"decision": "adjust"}, 422),
        ({"decision": "adjust", "ruled_start_us": 5, "ruled_end_us": 5}, 422),
        ({"note": "x" * 2001}, 422),
        ({"start_us": True}, 422),
    ]
    for change, status in wrong:
        answer = page.local.post("/api/v1/reviews", json=body | change)
        assert answer.status_code == status, (change, answer.text)
    assert page.get("/films/1/reviews") == []
    assert page.get("/audit")["items"] == []


def test_names_and_notes_are_told_as_they_are_and_never_as_a_page(page: Page) -> None:
    [first] = page.get("/reviews/next", policy="house", limit=1)["items"]
    note = "<script>alert(1)</script>\u202e"
    decide(page, first, "unsure", note=note)
    answer = page.local.get(f"/api/v1/films/{first['film']}/reviews")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()[0]["note"] == note
