"""Policies through the API: trying a threshold writes nothing; saving is an administrator's."""

import tomllib

import pytest
from filmdex.db.errors import PolicyError
from filmdex.indexer.moderation.policy_change import with_threshold
from page import POLICY, USER, Page

WRITTEN = """# Ours.
name = "house"   # short

[[rule]]
tag = "Animation"
threshold = 0.6  # as agreed
leave_at = 0.5
action = "skip"

[[rule]]
group = "nudity"
action = "block"
"""


def test_the_policies_are_those_on_the_shelf(page: Page) -> None:
    names = {one["name"]: one for one in page.get("/policies")}
    assert names["house"] == {"name": "house", "origin": "own", "rules": 1, "says": ""}
    assert page.get("/policies/house")["text"] == POLICY
    assert page.local.get("/api/v1/policies/nothing").status_code == 404
    assert {tag["tag"] for tag in page.get("/tags")} >= {"Animation", "War", "Prison", "Nudity"}


def test_another_threshold_is_tried_and_nothing_is_written(page: Page) -> None:
    body = {"tag": "Animation", "threshold": 0.7, "film_id": 1}
    tried = page.local.post("/api/v1/policies/house/try", json=body).json()
    assert [span["start_us"] for span in tried["verdict"]["evidence"]] == [0]
    assert (tried["films"], tried["changes"]) == (5, 0)
    none = page.local.post("/api/v1/policies/house/try", json=body | {"threshold": 0.9}).json()
    assert none["changes"] == 3
    assert none["changed"][0]["before"] == "allowed with cuts"
    assert none["changed"][0]["after"] == "allowed"
    assert none["verdict"]["verdict"] == "allowed"
    assert tomllib.loads(none["text"])["rule"][0]["threshold"] == 0.9
    assert page.get("/policies/house")["text"] == POLICY


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"threshold": 0}, 422),
        ({"threshold": 1.5}, 422),
        ({"rule": 7}, 422),
        ({"tag": "Nonsense"}, 422),
        ({"film_id": 99}, 404),
        ({"film_id": 2**63}, 422),
        ({"path": "/etc/passwd"}, 422),
    ],
)
def test_what_cannot_be_tried_is_refused(
    page: Page, change: dict[str, object], status: int
) -> None:
    body = {"tag": "Animation", "threshold": 0.7, "film_id": 1} | change
    assert page.local.post("/api/v1/policies/house/try", json=body).status_code == status


def test_a_policy_is_saved_and_the_audit_says_by_whom(page: Page) -> None:
    text = POLICY.replace("0.6", "0.7")
    saved = page.local.put("/api/v1/policies/house", content=text)
    assert saved.status_code == 200, saved.text
    assert page.get("/policies/house")["text"] == text
    own = page.desk.settings.policy.folder
    assert (own / "house.toml").read_text() == text
    assert [path.name for path in own.iterdir()] == ["house.toml"]
    [entry] = page.get("/audit", kind="policy")["items"]
    assert entry["body"]["saved_by"] == USER


def test_mistakes_are_told_with_their_places_and_nothing_is_saved(page: Page) -> None:
    for text in ("name =", POLICY.replace("0.6", "6"), POLICY.replace("Animation", "Animatoin")):
        answer = page.local.put("/api/v1/policies/house", content=text)
        assert answer.status_code == 422
        assert answer.json()["mistakes"][0]["line"] >= 1
    assert page.local.put("/api/v1/policies/house", content=b"\xff").status_code == 422
    assert page.get("/policies/house")["text"] == POLICY


@pytest.mark.parametrize("name", ["..%2fescape", ".hidden", "a%00b", "%2ftmp%2fx", "x" * 101])
def test_a_name_cannot_lead_out_of_the_folder(page: Page, name: str) -> None:
    answer = page.local.put(f"/api/v1/policies/{name}", content=POLICY)
    assert answer.status_code in (404, 405, 422)
    folder = page.desk.settings.policy.folder
    assert [path.name for path in folder.iterdir()] == ["house.toml"]
    assert not list(folder.parent.glob("*.toml"))


def test_one_threshold_changes_and_the_text_around_it_stays() -> None:
    changed = with_threshold(WRITTEN, "Animation", 0.55)
    assert changed == WRITTEN.replace("0.6", "0.55")
    lower = tomllib.loads(with_threshold(WRITTEN, "Animation", 0.25))["rule"][0]
    assert (lower["threshold"], lower["leave_at"]) == (0.25, 0.25)
    second = tomllib.loads(with_threshold(WRITTEN, "Nudity", 0.5, 2))["rule"][1]
    assert second == {"group": "nudity", "action": "block", "threshold": 0.5}


def test_a_tag_that_no_rule_names_gets_one_that_wants_it_reviewed() -> None:
    added = tomllib.loads(with_threshold(WRITTEN, "War", 0.5))["rule"]
    assert added[2] == {"tag": "War", "threshold": 0.5, "action": "review"}
    with pytest.raises(PolicyError, match="no rule 3"):
        with_threshold(WRITTEN, "War", 0.5, 3)
