"""What stands before everything: names, origins, sizes, rates, and the headers of each answer."""

from pathlib import Path

import pytest
from filmdex.indexer.web.access import decided
from filmdex.indexer.web.guards import LARGEST_BODY
from page import HOME, HOST, PORT, Page, browser, serving

REVIEW = {"film_id": 1, "tag": "Animation", "start_us": 0, "end_us": 5, "decision": "accept"}


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", f"{HOST}:1", ""])
def test_a_page_that_is_asked_for_by_another_name_does_not_answer(page: Page, host: str) -> None:
    for path in ("/", "/api/v1/films", "/healthz", "/static/icon.svg", "/openapi.json"):
        answer = page.local.get(path, headers={"Host": host})
        assert answer.status_code == 421, path
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", f"https://{HOST}:{PORT}"])
def test_another_page_may_not_ask(page: Page, origin: str) -> None:
    assert page.local.get("/api/v1/films", headers={"Origin": origin}).status_code == 403
    said = page.local.post("/api/v1/reviews", json=REVIEW, headers={"Origin": origin})
    assert said.status_code == 403
    assert page.get("/films/1/reviews") == []


def test_the_page_itself_may(page: Page) -> None:
    said = page.local.post("/api/v1/reviews", json=REVIEW, headers={"Origin": HOME})
    assert said.status_code == 201


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_browser_that_says_it_comes_from_elsewhere_changes_nothing(page: Page, site: str) -> None:
    headers = {"Sec-Fetch-Site": site}
    assert page.local.post("/api/v1/reviews", json=REVIEW, headers=headers).status_code == 403
    assert page.local.get("/api/v1/films", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/v1/films", "/api/v1/films/99", "/login", "/nowhere"])
def test_every_answer_forbids_what_is_not_needed(page: Page, path: str) -> None:
    headers = page.local.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http:" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers
    assert "server" not in headers


def test_under_tls_browsers_are_told_to_stay_with_it(tmp_path: Path, bundle_path: Path) -> None:
    access = decided("10.0.0.5", PORT, tls=True)
    with serving(tmp_path, bundle_path, access) as page:
        assert "strict-transport-security" in page.local.get("/login").headers


def test_a_body_that_is_too_large_is_refused_by_its_promise_and_by_its_size(page: Page) -> None:
    large = b"x" * (LARGEST_BODY + 1)
    path = "/api/v1/policies/house"
    assert page.local.put(path, content=large).status_code == 413

    def pieces() -> "object":
        for _ in range(LARGEST_BODY // 65536 + 2):
            yield b"x" * 65536

    assert page.local.put(path, content=pieces()).status_code == 413


def test_who_asks_too_often_is_told_to_wait(tmp_path: Path, bundle_path: Path) -> None:
    few = {"web.requests_a_second": 0.001, "web.requests_at_once": 3}
    with serving(tmp_path, bundle_path, **few) as page:
        answers = [page.local.get("/healthz") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_there_are_no_pages_of_somebody_elses(page: Page) -> None:
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert page.local.get(path).status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "../app.py",
        "..%2fapp.py",
        "%2e%2e/app.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "icon.svg/",
        "",
    ],
)
def test_no_path_of_a_request_reaches_the_file_system(page: Page, name: str) -> None:
    assert page.local.get(f"/static/{name}").status_code == 404
    assert page.local.get("/static/icon.svg").status_code == 200


def test_no_policy_is_found_by_a_path(page: Page) -> None:
    secret = page.desk.settings.policy.folder.parent / "secret.toml"
    secret.write_text('name = "secret"\n[[rule]]\ntag = "War"\naction = "skip"\n')
    for name in (str(secret), f"../{secret.stem}", "../secret.toml"):
        answer = page.local.get("/api/v1/films/1/spans", params={"policy": name})
        assert answer.status_code == 404, name
        assert "secret" not in answer.json()["detail"].replace(name, "")


def test_a_page_of_another_desk_does_not_take_this_ones_token(page: Page) -> None:
    stranger = browser(page.desk, **{"X-CSRF-Token": "guessed"})
    assert stranger.post("/api/v1/reviews", json=REVIEW).status_code == 403
    assert browser(page.desk).post("/api/v1/reviews", json=REVIEW).status_code == 403
