"""A library to look at in a browser: small films that can be played, and what was seen in them.

What was seen is written down here, not looked at by a model: every number on a page is known.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from clips import BLUE, GREEN, RED, Take, render
from filling import SECOND
from filling import fingerprint as made_up
from filmdex.db import films, jobs, models, runs
from filmdex.db.records import (
    Boundary,
    FilmFacts,
    FilmIdentity,
    Location,
    ModelFacts,
    Precision,
    RunSettings,
    Sample,
    SeenShot,
    Shot,
    ShotState,
    Span,
    TagFacts,
)
from filmdex.db.store import Connection, Store
from filmdex.db.vectors import compact
from filmdex.indexer.fingerprint import fingerprint
from filmdex.indexer.relevance import FilmTally, TagRule

MODEL = ModelFacts(
    "b" * 64,
    "seen",
    "1",
    (
        TagFacts("Violence", "violence", "violence and action", "measured", 0.5),
        TagFacts("Forest", "forest", "nature and adventure", "measured", 0.5),
        TagFacts("Animation", "animation", "form and genre", "weak", 0.25),
        TagFacts("Prison", "prison", "uniforms", "untrained", None),
    ),
    backbone="c" * 64,
)
RULES = tuple(
    TagRule(facts.tag, n, facts.threshold, 0, 0, 0)
    for n, facts in enumerate(MODEL.tags)
    if facts.threshold is not None
)
# The probabilities of Violence, Forest and Animation in each second; None was not looked at.
Seconds = Sequence[tuple[float, float, float] | None]
CALM, WOOD, FIGHT, DOUBT = (0.0, 0.0, 0.0), (0.0, 0.75, 0.0), (0.875, 0.0, 0.0), (0.5, 0.0, 0.25)
PLAYED: Seconds = (CALM, WOOD, FIGHT, CALM, DOUBT, WOOD, CALM, FIGHT)
COLOURS = (RED, GREEN, BLUE, RED, GREEN, BLUE, RED, GREEN)
# What the network made of red, green and blue: shots of one colour look alike.
LOOKS = tuple(compact(np.eye(3, dtype=np.float32)[n : n + 1])[0] for n in range(3))
# What a file may be called: nothing of it may ever run, or make an element.
HOSTILE = '"><img src=x onerror=window.owned=1> <script>window.owned=2<'
CLOSING = "</script><script>window.owned=3</script>"
POLICY = """\
name = "house"
description = "What the house looks at twice."

[[rule]]
tag = "Violence"
threshold = 0.5
severity = "high"
action = "review"

[[rule]]
tag = "Animation"
threshold = 0.9
severity = "low"
action = "skip"
"""


@dataclass(frozen=True)
class Shelf:
    """The films by what they are for; each number is a film's id."""

    plays: int
    unplayable: int
    hostile: int
    failed: int


def fill(database: Path, folder: Path, more: int = 0) -> Shelf:
    """Make a library; `more` films are in it that no file is behind."""
    folder.mkdir()
    takes = [Take(rgb, 25) for rgb in COLOURS]
    plays = render(folder / "Plays.mp4", takes, codec="libx264", gop=25)
    other = render(folder / "Other codec.avi", takes[:4], codec="mpeg4")
    hostile = render(folder / f"{HOSTILE}.mp4", takes[:3], codec="libx264", gop=25)
    with Store.open(database) as store, store.writing() as db:
        shelf = Shelf(
            plays=_add(db, plays, "h264", PLAYED),
            unplayable=_add(db, other, "mpeg4", (CALM, WOOD, None, FIGHT)),
            hostile=_add(db, hostile, "h264", (WOOD, FIGHT, CALM)),
            failed=_fail(db, folder / "Broken.mkv"),
        )
        for number in range(more):
            _made_up(db, number)
    return shelf


def call(database: Path, film_id: int, title: str) -> None:
    """Give a film a title that no file could have."""
    from filling import plain

    with Store.open(database) as store, plain(store) as db:
        db.execute("UPDATE film SET title = ? WHERE id = ?", (title, film_id))


def _add(db: Connection, path: Path, codec: str, seconds: Seconds) -> int:
    fd = os.open(path, os.O_RDONLY)
    identity, facts = fingerprint(fd), os.fstat(fd)
    os.close(fd)
    place = Location(os.fsencode(path), facts.st_size, facts.st_mtime_ns)
    film_id = films.record(db, identity, place, 1, lambda _: False)
    _index(db, film_id, codec, seconds)
    return film_id


def _made_up(db: Connection, number: int) -> None:
    identity = FilmIdentity(made_up(number + 1000)[-32:], 7)
    place = Location(f"/films/made up/Film {number:03}.mkv".encode(), 7, 1)
    _index(db, films.record(db, identity, place, 1, lambda _: False), "h264", (CALM, WOOD))


def _fail(db: Connection, path: Path) -> int:
    identity = FilmIdentity(made_up(7)[-32:], 7)
    film_id = films.record(db, identity, Location(os.fsencode(path), 7, 1), 1, lambda _: False)
    jobs.queue(db, film_id, 0, 1)
    held = jobs.claim(db, film_id, "nobody 1 1", lambda _: True, 2)
    assert held is not None
    jobs.end_failed(db, held, "MediaError", "Broken.mkv: no picture in it; is it a film?", 3)
    return film_id


def _index(db: Connection, film_id: int, codec: str, seconds: Seconds) -> None:
    tally = FilmTally(RULES)
    seen = [_shot(n, one, tally) for n, one in enumerate(seconds)]
    length_us = len(seconds) * SECOND
    about = FilmFacts("matroska", codec, 96, 64, 0, 25.0, length_us, 0, 25 * len(seconds), 0)
    settings = RunSettings.of(Precision.EXACT, cuts="hybrid")
    run_id = runs.begin(db, film_id, models.register(db, MODEL), settings, "cpu", "0", about, 1)
    runs.append(db, run_id, 0, seen)
    runs.finish(db, run_id, about, tally.film_tags(length_us), 2)


def _shot(n: int, seen: tuple[float, float, float] | None, tally: FilmTally) -> SeenShot:
    span, begins = Span(n * SECOND, (n + 1) * SECOND), Boundary(n * SECOND, n * SECOND)
    if seen is None:
        return SeenShot(Shot(span, begins, ShotState.NOT_LOOKED_AT, (), None), ())
    vector = (*seen, 0.0)
    tally.add(SECOND, vector, [vector])
    look = (Sample(span.start_us + SECOND // 2, ShotState.LOOKED_AT),)
    shot = Shot(span, begins, ShotState.LOOKED_AT, look, vector)
    return SeenShot(shot, (LOOKS[n % len(LOOKS)],))
