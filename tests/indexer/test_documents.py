"""What is written of a film: a number a shot for each tag, rounded as Python rounds."""

import numpy as np
from filling import FACTS, MODEL, SETTINGS
from filmdex.db.records import Film, FilmIdentity, Indexed, ShotState
from filmdex.db.shots import Strip
from filmdex.indexer.documents import TIMELINE_DIGITS, timeline_document

RUN = Indexed(1, MODEL.digest, SETTINGS, "cpu", FACTS, 1, 1)
FILM = Film(7, FilmIdentity("f" * 64, 1), "Film", (b"/film.mkv",), RUN, ())


def test_every_float16_is_rounded_as_python_rounds_it() -> None:
    halves = np.arange(0x3C01, dtype=np.uint16).view(np.float16).astype(np.float64)
    count = len(halves)
    seen = [ShotState.LOOKED_AT] * count
    strip = Strip(range(count), range(1, count + 1), seen, np.tile(halves[:, None], 4))
    told = timeline_document(FILM, RUN, strip, MODEL)["tags"][0]["probabilities"]
    assert told == [round(value, TIMELINE_DIGITS) for value in halves.tolist()]


def test_what_nobody_looked_at_is_nothing() -> None:
    states = [ShotState.LOOKED_AT, ShotState.NOT_LOOKED_AT]
    values = np.array([[0.5] * 4, [np.nan] * 4])
    told = timeline_document(FILM, RUN, Strip([0, 5], [5, 9], states, values), MODEL)
    assert told["states"] == ["looked_at", "not_looked_at"]
    assert [tag["tag"] for tag in told["tags"]] == ["Animation", "War", "Nudity"]
    assert {tuple(tag["probabilities"]) for tag in told["tags"]} == {(0.5, None)}
