"""Who asks: tokens, sessions and roles; and that no name of a request gets into the audit."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from filmdex.db import audit, persons
from filmdex.db.records import Role
from filmdex.indexer.web.access import decided
from filmdex.indexer.web.desk import LOGIN_BURST
from filmdex.indexer.web.sessions import LIFETIME_S, MOST, Sessions
from page import PORT, USER, Page, browser, serving
from starlette.testclient import TestClient

REVIEW = {"film_id": 1, "tag": "Animation", "start_us": 0, "end_us": 5, "decision": "accept"}
READING = ("/films", "/films/1", "/films/1/media", "/films/1/frame?at_us=0", "/shots?query=war")
BAR = 'aria-label="Pages"'
DECIDING = (("POST", "/reviews"), ("POST", "/reviews/1/undo"))
RULING = (("PUT", "/policies/house"), ("POST", "/jobs/4/retry"))


@pytest.fixture
def away(tmp_path: Path, bundle_path: Path) -> Iterator[Page]:
    """A page at another address, which speaks TLS."""
    with serving(tmp_path, bundle_path, decided("10.0.0.5", PORT, tls=True)) as opened:
        yield opened


def token_of(page: Page, name: str, role: Role) -> str:
    with page.desk.store.writing() as db:
        return persons.add(db, name, role, 1).token


def log_in(page: Page, token: str) -> TestClient:
    client = browser(page.desk)
    answer = client.post("/login", data={"token": token}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    client.headers["X-CSRF-Token"] = client.get("/api/v1/session").json()["csrf"]
    return client


def test_on_the_loopback_it_is_the_user_of_this_machine(page: Page) -> None:
    assert page.get("/session") | {"csrf": ""} == {
        "name": USER,
        "role": "administrator",
        "csrf": "",
    }


def test_elsewhere_nobody_is_let_in_without_a_token(away: Page) -> None:
    for path in (*READING, "/events", "/session", "/audit", "/status"):
        answer = away.local.get(f"/api/v1{path}")
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert away.local.get("/", follow_redirects=False).headers["location"] == "/login"


@pytest.mark.parametrize("path", ["/films/99", "/nowhere"])
def test_an_error_leads_on_to_all_pages(page: Page, path: str) -> None:
    answer = page.local.get(path)
    assert answer.status_code == 404
    assert BAR in answer.text


def test_an_error_leads_nobody_on_who_is_not_known(away: Page) -> None:
    assert BAR not in away.local.get("/nowhere").text
    wrong = away.local.get("/nowhere", headers={"Authorization": "Bearer wrong"})
    assert (wrong.status_code, BAR in wrong.text) == (404, False)


def test_once_there_is_a_token_it_is_asked_for_on_the_loopback_too(page: Page) -> None:
    token_of(page, "Ada", Role.READER)
    assert page.local.get("/api/v1/films").status_code == 401


def test_behind_a_proxy_the_loopback_is_not_local(tmp_path: Path, bundle_path: Path) -> None:
    access = decided("127.0.0.1", PORT, ["films.example"], proxied=True)
    with serving(tmp_path, bundle_path, access) as opened:
        answer = opened.local.get("/api/v1/films", headers={"Host": "films.example"})
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("role", "decides", "rules"),
    [("reader", False, False), ("reviewer", True, False), ("administrator", True, True)],
)
def test_a_role_may_what_it_may(away: Page, role: str, decides: bool, rules: bool) -> None:
    client = away.somebody("Ada", role)
    assert client.get("/api/v1/films").status_code == 200
    for allowed, asked in ((decides, DECIDING), (rules, RULING)):
        for method, path in asked:
            status = client.request(method, f"/api/v1{path}").status_code
            assert (status != 403) is allowed, (method, path, status)
            assert status != 401


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer nonsense", "Basic YTpi", "bearer é"]
)
def test_a_wrong_token_is_nobody(away: Page, header: str) -> None:
    headers = {"Authorization": header.encode()}
    assert away.local.get("/api/v1/films", headers=headers).status_code == 401


def test_a_person_who_was_removed_or_renewed_is_let_in_no_longer(away: Page) -> None:
    client = away.somebody("Ada", "reviewer")
    session = log_in(away, token_of(away, "Bob", Role.REVIEWER))
    assert {c.get("/api/v1/films").status_code for c in (client, session)} == {200}
    with away.desk.store.writing() as db:
        persons.remove(db, "Ada")
        persons.renew(db, "Bob")
    assert {c.get("/api/v1/films").status_code for c in (client, session)} == {401}


def test_the_cookie_is_out_of_reach_of_scripts_other_sites_and_plain_http(away: Page) -> None:
    token = token_of(away, "Ada", Role.READER)
    answer = away.local.post("/login", data={"token": token}, follow_redirects=False)
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-filmdex=")
    assert token not in answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Secure", "Path=/"} <= set(attributes)
    assert not any(one.startswith("Domain") for one in attributes)


def test_a_session_lasts_until_it_is_ended(away: Page) -> None:
    client = log_in(away, token_of(away, "Ada", Role.REVIEWER))
    assert client.get("/api/v1/session").json()["name"] == "Ada"
    cookie = dict(client.cookies)
    assert client.post("/logout").status_code == 204
    client.cookies.update(cookie)
    assert client.get("/api/v1/session").status_code == 401


def test_what_a_session_changes_wants_its_csrf_token(away: Page) -> None:
    client = log_in(away, token_of(away, "Ada", Role.ADMINISTRATOR))
    other = log_in(away, token_of(away, "Bob", Role.ADMINISTRATOR))
    right = client.headers["X-CSRF-Token"]
    for wrong in ("", "x", other.headers["X-CSRF-Token"], right[:-1]):
        client.headers["X-CSRF-Token"] = wrong
        for method, path in (*DECIDING, *RULING):
            assert client.request(method, f"/api/v1{path}").status_code == 403, (path, wrong)
        assert client.post("/logout").status_code == 403
    client.headers["X-CSRF-Token"] = right
    assert client.post("/api/v1/reviews", json=REVIEW).status_code == 201


def test_the_login_form_takes_no_token_from_another_page(away: Page) -> None:
    token = token_of(away, "Mallory", Role.READER)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = away.local.post("/login", data={"token": token}, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_guessing_is_slow(away: Page) -> None:
    token = token_of(away, "Ada", Role.READER)
    forms = [away.local.post("/login", data={"token": "wrong"}) for _ in range(LOGIN_BURST)]
    assert {answer.status_code for answer in forms} == {401}
    late = away.local.post("/login", data={"token": token})
    assert late.status_code == 429
    assert int(late.headers["retry-after"]) > 0
    headers = {"Authorization": f"Bearer {token}"}
    assert away.local.get("/api/v1/films", headers=headers).status_code == 429


def test_a_decision_has_the_name_of_the_token_whatever_the_request_says(away: Page) -> None:
    client = away.somebody("Ada", "reviewer")
    assert client.post("/api/v1/reviews", json=REVIEW | {"reviewer": "Bob"}).status_code == 422
    assert client.post("/api/v1/reviews", json=REVIEW).json()["reviewer"] == "Ada"
    with away.desk.store.reading() as db:
        [entry] = audit.entries(db, "review")
    assert json.loads(entry.body)["reviewer"] == "Ada"


def test_sessions_end_by_time_and_the_oldest_give_way() -> None:
    sessions = Sessions()
    first = sessions.begin(1, "d", 0.0)
    assert sessions.find(first, LIFETIME_S - 1) is not None
    assert sessions.find(first, LIFETIME_S) is None
    for _ in range(MOST):
        sessions.begin(1, "d", 1.0)
    assert sessions.find(first, 1.0) is None
