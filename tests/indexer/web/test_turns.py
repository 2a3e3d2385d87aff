"""Whose turn it is: nobody waits for long, few wait at all, and the rest does not wait for them."""

from contextlib import ExitStack
from http import HTTPStatus

import pytest
from filmdex.indexer.web.problems import Refused
from filmdex.indexer.web.turns import Turns
from page import Page


def test_who_waits_too_long_is_told_to_come_again() -> None:
    turns = Turns(1, 1, "others are searching", wait_s=0.01)
    with turns.one(), pytest.raises(Refused, match="others are searching; ask again") as told:
        turns.one().__enter__()
    assert told.value.status is HTTPStatus.SERVICE_UNAVAILABLE
    assert told.value.headers == {"Retry-After": "5"}
    with turns.one():  # whoever gave up has no place left
        pass


def test_no_more_wait_than_may() -> None:
    turns = Turns(1, 0, "others are searching", wait_s=3600.0)
    with turns.one(), pytest.raises(Refused):
        turns.one().__enter__()


@pytest.mark.parametrize("path", ["/shots?query=war", "/films?query=war", "/query/count?query=war"])
def test_searches_wait_for_each_other_and_nothing_else_for_them(page: Page, path: str) -> None:
    turns = page.desk.seekers.turns
    turns.wait_s = 0.0
    with ExitStack() as all_turns:
        for _ in range(turns.at_once):
            all_turns.enter_context(turns.one())
        answer = page.local.get(f"/api/v1{path}")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert page.get("/films")["total"]["count"] == 5
        assert page.local.get("/films/1").status_code == 200
    assert page.local.get(f"/api/v1{path}").status_code == 200
