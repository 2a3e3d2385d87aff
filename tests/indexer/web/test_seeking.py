"""Searching in processes of its own: the same answers and refusals, and an end with the page."""

import copy
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from filmdex.db.errors import CursorError, QueryError
from filmdex.indexer.searching import Counted, Question, Wanted
from filmdex.indexer.web.problems import Refused
from filmdex.indexer.web.seeking import CHILD
from page import Page, serving

ANIMATION = Wanted(Question("animation", shots=False), 2)


@pytest.fixture
def page(tmp_path: Path, bundle_path: Path) -> Iterator[Page]:
    """A page with one process that searches."""
    with serving(tmp_path, bundle_path, **{"web.searchers": 1}) as opened:
        opened.desk.seekers.begin()
        yield opened


def searching() -> list[int]:
    """Name the processes of this one that search and have begun to."""
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    kids = {int(kid) for task in tasks for kid in task.read_text(encoding="ascii").split()}
    return [kid for kid in kids if CHILD in Path(f"/proc/{kid}/cmdline").read_text()]


def test_another_process_finds_the_same(page: Page) -> None:
    with page.desk.store.reading() as db:
        here = ANIMATION(db, page.desk.settings)
    assert page.desk.seekers.do(ANIMATION) == here
    assert len(searching()) == 1
    assert len(here.page.hits) == 2
    for path in ("/films", "/shots"):
        assert page.get(path, query="nudity>=0.8", near=True)["total"]["count"] == 3
    assert page.get("/query/count", query="nudity", shots=True)["shots"]["count"] == 3


def test_what_is_refused_there_is_refused_here_in_the_same_words(page: Page) -> None:
    with pytest.raises(CursorError):
        page.desk.seekers.do(Wanted(ANIMATION.question, 2, "nonsense"))
    answer = page.local.get("/api/v1/films", params={"query": "animation and vilence"})
    assert (answer.status_code, answer.json()["column"]) == (422, 14)
    assert page.desk.seekers.do(ANIMATION).page.hits


def test_where_one_dies_another_begins(page: Page) -> None:
    seekers = page.desk.seekers
    assert seekers.do(ANIMATION).page.hits
    (pid,) = searching()
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(Refused, match="another has begun, ask again") as told:
        seekers.do(ANIMATION)
    assert told.value.headers == {"Retry-After": "5"}
    assert seekers.do(Counted("animation", shots=False))[0].count == 3
    assert searching() not in ([], [pid])


def test_they_end_with_the_page(page: Page) -> None:
    assert page.desk.seekers.do(ANIMATION).page.hits
    page.desk.seekers.close()
    assert searching() == []
    assert page.desk.seekers.do(ANIMATION).page.hits


def test_a_query_error_comes_out_of_another_process_as_it_was() -> None:
    error = copy.copy(QueryError("what is that?", "a b c", 2))
    assert (str(error), error.column) == ("what is that?\n  a b c\n    ^", 2)
