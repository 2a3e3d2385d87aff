"""Films and shots through the API: what the commands say, page by page."""

from filmdex.db import films, runs
from filmdex.indexer.documents import film_document
from page import TITLES, Page


def test_all_films_are_listed_by_title_whatever_became_of_them(page: Page) -> None:
    found = page.get("/films", policy="house")
    assert found["total"] == {"count": 5, "capped": False}
    assert found["next"] is None
    seen = [(f["title"], f["state"], f["verdict"]) for f in found["items"]]
    assert seen == [
        ("Alpha", "indexed", "allowed with cuts"),
        ("Beta", "indexed", "allowed with cuts"),
        ("Delta", "failed", "unknown"),
        ("Epsilon", "queued", "unknown"),
        ("Gamma", "indexed", "allowed with cuts"),
    ]
    assert found["items"][2]["reason"] == "no picture in it"
    assert [tag["tag"] for tag in found["items"][0]["tags"]] == ["Animation", "Nudity"]


def test_pages_of_one_are_the_whole_list(page: Page) -> None:
    for order, titles in (("title", "Alpha Beta Delta Epsilon Gamma"), ("duration", None)):
        cursor, seen = None, []
        while True:
            more = {} if cursor is None else {"cursor": cursor}
            found = page.get("/films", limit=1, order=order, **more)
            seen += [film["title"] for film in found["items"]]
            if (cursor := found["next"]) is None:
                break
        assert sorted(seen) == ["Alpha", "Beta", "Delta", "Epsilon", "Gamma"]
        assert titles is None or seen == titles.split()
        if titles is None:  # what has no length comes last
            assert set(seen[3:]) == {"Delta", "Epsilon"}


def test_a_query_narrows_and_its_mistakes_have_a_column(page: Page) -> None:
    assert [f["title"] for f in page.get("/films", query="title:beta")["items"]] == ["Beta"]
    assert page.get("/films", query="animation")["total"]["count"] == 3
    answer = page.local.get("/api/v1/films", params={"query": "animation and vilence"})
    assert answer.status_code == 422
    assert answer.json()["column"] == 14
    assert answer.headers["content-type"] == "application/problem+json"
    wrong = page.local.get("/api/v1/films", params={"cursor": "nonsense"})
    assert wrong.status_code == 422


def test_near_misses_are_counted_where_that_is_asked(page: Page) -> None:
    for path in ("/films", "/shots"):
        assert page.get(path, query="nudity>=0.9")["near_misses"] is None
        near = page.get(path, query="nudity>=0.9", near=True)["near_misses"]
        assert near["count"] == 3
        assert page.get(path, query=near["query"])["total"]["count"] == 3


def test_a_film_is_what_show_says(page: Page) -> None:
    with page.desk.store.reading() as db:
        film = films.read(db, 1)
        run = runs.of_film(film)
        shots = list(runs.shots(db, run.run_id))
        said = film_document(film, run, shots, runs.model_of(db, run.run_id))
    told = page.get("/films/1")
    first, rest = (page.get("/films/1/shots", limit=2), None)
    rest = page.get("/films/1/shots", limit=2, cursor=first["next"])
    shots_told = [*first["items"], *rest["items"]]
    assert rest["next"] is None
    assert [shot.pop("shot") for shot in shots_told] == [1, 2, 3]
    assert told | {"shots": shots_told} == said


def test_a_film_that_is_none_and_one_that_is_not_indexed(page: Page) -> None:
    for path in ("/films/99", "/films/99/shots", f"/films/{2**63 - 1}"):
        assert page.local.get(f"/api/v1{path}").status_code == 404
    assert page.local.get(f"/api/v1/films/{2**63}").status_code == 422
    assert page.get("/films/4")["film"]["state"] == "failed"
    for part in ("shots", "timeline", "story", "like", "media", "frame?at_us=0"):
        assert page.local.get(f"/api/v1/films/4/{part}").status_code == 409, part


def test_a_timeline_has_a_number_a_shot(page: Page) -> None:
    told = page.get("/films/1/timeline")
    assert told["starts_us"] == [0, 1_000_000, 2_000_000]
    by_tag = {row["tag"]: row["probabilities"] for row in told["tags"]}
    assert by_tag["Animation"] == [0.75, 0.125, 0.625]
    assert "Prison" not in by_tag


def test_shots_are_found_with_why(page: Page) -> None:
    found = page.get("/shots", query="nudity>=0.8", limit=2)
    assert found["total"] == {"count": 3, "capped": False}
    assert found["items"][0]["why"] == {"Nudity": 0.875}
    assert (found["items"][0]["shot"], found["items"][0]["start_us"]) == (2, 1_000_000)
    rest = page.get("/shots", query="nudity>=0.8", limit=2, cursor=found["next"])
    titles = [shot["title"] for shot in (*found["items"], *rest["items"])]
    assert sorted(titles) == list(TITLES)


def test_a_query_is_completed_and_counted(page: Page) -> None:
    completed = page.get("/query/complete", text="war and nud")
    assert (completed["start"], completed["end"]) == (8, 11)
    assert completed["items"] == [{"text": "Nudity", "kind": "tag"}]
    assert page.get("/query/count")["films"]["count"] == 5
    both = page.get("/query/count", query="nudity", shots=True)
    assert (both["films"]["count"], both["shots"]["count"]) == (3, 3)


def test_alike_and_told_as_the_commands_do(page: Page) -> None:
    assert {row["title"] for row in page.get("/films/1/like")} == {"Beta", "Gamma"}
    assert page.get("/films/1/story")[0]["start_us"] == 0


def test_how_it_stands(page: Page) -> None:
    told = page.get("/status")
    assert (told["films"], told["jobs"]["failed"]) == (5, 1)
    listed = page.get("/jobs")["items"]
    assert [(job["title"], job["state"]) for job in listed] == [
        ("Epsilon", "queued"),
        ("Delta", "failed"),
    ]
    first = page.get("/jobs", limit=1)
    assert page.get("/jobs", limit=1, cursor=first["next"])["items"] == listed[1:]
    assert page.local.post("/api/v1/jobs/4/retry").status_code == 204
    assert page.get("/films/4")["film"]["state"] == "queued"
    assert page.local.post("/api/v1/jobs/1/retry").status_code == 409
    assert page.local.post("/api/v1/jobs/99/retry").status_code == 404
    assert page.local.get("/healthz").json() == {"status": "ok"}
