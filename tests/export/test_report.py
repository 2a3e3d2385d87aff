"""The pages: they need nothing else, believe no name, and say what the JSON says."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from filmdex.db.errors import ModelError
from filmdex.export.evaluation import figures
from filmdex.export.evaluation.compare import Contender, compare
from filmdex.export.evaluation.cross_source import held_sources
from filmdex.export.evaluation.evaluate import evaluate
from filmdex.export.evaluation.judged import Judged
from filmdex.export.evaluation.page import comparison_page, report
from filmdex.export.evaluation.results import About, Evaluation, Speed
from filmdex.export.evaluation.thumbnails import HEIGHT, WIDEST, data_uri, of_file
from judgements import made_up

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)> $\\frac{'
ABOUT = About(
    title=f"Title {HOSTILE}",
    model=f"model {HOSTILE}",
    data_set="d",
    split="s",
    date="2026-01-01",
    notes=(HOSTILE,),
)
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


class Elements(HTMLParser):
    """Every element of a page with its attributes, the text of scripts, and all other text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text: list[str] = []
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        del tag
        self.inside = ""

    def handle_data(self, data: str) -> None:
        (self.scripts if self.inside == "script" else self.text).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def hostile() -> Judged:
    """Made-up pictures, everything that has a name named by an enemy."""
    plain = made_up(pictures=120)
    return Judged(
        tags=tuple(f"{tag} {HOSTILE}" for tag in plain.tags),
        labels=plain.labels,
        settled=plain.settled,
        probabilities=plain.probabilities,
        sources=tuple(f"{source} {HOSTILE}" for source in plain.sources),
        names=tuple(f"{name} {HOSTILE}" for name in plain.names),
    )


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    judged = hostile()
    limits = (0.5, 0.5, None)
    held = held_sources(judged, limits, judged.sources)
    return evaluate(judged, limits, ABOUT, held, {judged.tags[2]: f"why {HOSTILE}"}, count=40)


@pytest.fixture(scope="module")
def pages(evaluation: Evaluation) -> tuple[str, str]:
    judged = hostile()
    speed = Speed(median=1, lowest=1, highest=1)
    contenders = tuple(
        Contender(f"{name} {HOSTILE}", judged, (0.5, 0.5, 0.5), 1, speed) for name in "ab"
    )
    compared = compare(contenders, ABOUT, f"machine {HOSTILE}", count=20)
    return report(evaluation, lambda _: PIXEL), comparison_page(compared)


def test_no_name_becomes_markup(pages: tuple[str, str]) -> None:
    for page in pages:
        elements = Elements(page)
        assert len(elements.scripts) == 1
        assert "alert" not in elements.scripts[0]
        assert not [name for _, facts in elements.found for name in facts if name.startswith("on")]
        assert {facts["src"] for facts in elements.all("img")} <= {PIXEL}
        assert any(HOSTILE in text for text in elements.text)


def test_nothing_is_fetched_and_only_its_own_script_may_run(pages: tuple[str, str]) -> None:
    for page in pages:
        elements = Elements(page)
        links = [facts.get(name) for _, facts in elements.found for name in ("href", "src")]
        outside = [link for link in links if link and not link.startswith(("#", "data:image/"))]
        assert outside == []
        assert elements.all("link") == []
        assert "@import" not in page
        (policy,) = [f["content"] for f in elements.all("meta") if "http-equiv" in f]
        digest = base64.b64encode(hashlib.sha256(elements.scripts[0].encode()).digest()).decode()
        assert policy == (
            "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
            f"script-src 'sha256-{digest}'"
        )


def test_a_page_begins_as_html_and_is_for_light_and_dark(pages: tuple[str, str]) -> None:
    for page in pages:
        assert page.lower().startswith("<!doctype html>")
        assert "prefers-color-scheme: dark" in page


def test_the_sections_stand_in_their_order(pages: tuple[str, str]) -> None:
    headings = [facts["id"] for facts in Elements(pages[0]).all("h2")]
    assert headings == [
        "headline",
        "tags",
        "curves",
        "reliability",
        "confusion",
        "wrong",
        "sources",
        "unmeasured",
    ]


def test_every_mistake_has_its_picture(evaluation: Evaluation) -> None:
    asked: list[int] = []

    def thumbnail(row: int) -> str:
        asked.append(row)
        return PIXEL

    page = report(evaluation, thumbnail)
    mistakes = [each.mistakes for each in evaluation.tags]
    rows = [one.row for each in mistakes for one in (*each.alarms, *each.misses)]
    assert rows
    assert sorted(asked) == sorted(rows)
    assert len(Elements(page).all("img")) == len(rows)


def test_every_measured_tag_has_a_row_that_sorts_by_what_it_shows(
    evaluation: Evaluation, pages: tuple[str, str]
) -> None:
    table = pages[0].partition('<table class="sortable">')[2].partition("</table>")[0]
    keys = re.findall(r'<td[^>]* data-key="([^"]*)"', table)
    columns = table.count("aria-sort") + table.count("<th><button")
    assert len(keys) == len(evaluation.tags) * (columns - 1)
    for result in evaluation.tags:
        assert f"{result.scores.auc.value:.6f}" in keys  # type: ignore[union-attr]


def test_the_same_evaluation_gives_the_same_page(
    evaluation: Evaluation, pages: tuple[str, str]
) -> None:
    assert report(evaluation, lambda _: PIXEL) == pages[0]


def test_figures_have_the_pages_colours_only(evaluation: Evaluation) -> None:
    for draw in (figures.precision_recall, figures.reliability):
        drawn = draw(evaluation.tags[0])
        assert drawn.startswith("<svg")
        assert set(re.findall(r"(?:stroke|fill): ([^;\"]+)", drawn)) <= {
            "none",
            "var(--ink)",
            "var(--faint)",
            "var(--accent)",
            "var(--warm)",
        }


# -- thumbnails --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(600, 400), (40, 3000), (3000, 40), (1, 1), (50, 60)])
def test_a_thumbnail_is_the_picture_and_small(tmp_path: Path, size: tuple[int, int]) -> None:
    picture = np.full((*size, 3), (200, 40, 90), np.uint8)
    address = data_uri(picture)
    kind, _, packed = address.partition(",")
    assert kind == "data:image/jpeg;base64"
    (tmp_path / "small.jpg").write_bytes(base64.b64decode(packed))
    small = cv2.imread(str(tmp_path / "small.jpg"))
    assert small is not None
    assert small.shape[0] <= min(size[0], HEIGHT)
    assert small.shape[1] <= min(size[1], WIDEST)
    assert np.abs(small[0, 0, ::-1].astype(int) - (200, 40, 90)).max() < 12


def test_a_files_thumbnail_is_that_of_its_picture(tmp_path: Path) -> None:
    picture = np.full((60, 90, 3), (200, 40, 90), np.uint8)
    cv2.imwrite(str(tmp_path / "plain.png"), picture[:, :, ::-1])
    assert of_file(tmp_path / "plain.png") == data_uri(picture)


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"a\.jpg"):
        of_file(tmp_path / "a.jpg")
