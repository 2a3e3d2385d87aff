"""The shapes that other programs rely on: films and shots as JSON, see section 9 of the design.

Pure: records in, plain values out. Probabilities are written with the digits that float16 has.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..db.records import (
    Failed,
    Film,
    FilmTag,
    Indexed,
    ModelFacts,
    Queued,
    Running,
    Shot,
    show_path,
)
from ..db.shots import Beginning, Strip

# float16 has 11 bits of precision: four digits tell every value below 1 apart but for the tiniest.
DIGITS = 5
# A strip of colours needs no more, and a long film has tens of thousands of numbers.
TIMELINE_DIGITS = 3


def film_document(
    film: Film, run: Indexed, shots: Sequence[Shot], model: ModelFacts
) -> dict[str, Any]:
    """Describe one film whole: what `filmdex show FILM --json` prints."""
    outline = film_outline(film, run, list(map(Beginning.of, shots)), model)
    return outline | {"shots": [shot_row(shot, model) for shot in shots]}


def film_outline(
    film: Film, run: Indexed, shots: Sequence[Beginning], model: ModelFacts
) -> dict[str, Any]:
    """Describe one film and where its shots begin, without what is in each."""
    return {
        "film": film_row(film, run) | {"tags": [film_tag_row(tag) for tag in film.tags]},
        "cuts_us": [_cut_us(shot) for shot in shots[1:]],
        "transitions": [
            {
                "kind": shot.transition.kind.value,
                "first_us": shot.transition.first_us,
                "last_us": shot.transition.last_us,
            }
            for shot in shots
            if shot.transition is not None
        ],
        "boundaries": [
            {"lo_us": shot.begins.lo_us, "hi_us": shot.begins.hi_us} for shot in shots[1:]
        ],
        "untrained": [tag.tag for tag in model.tags if not tag.reportable],
        "model": {"name": model.name, "version": model.version, "digest": model.digest},
        "provider": run.provider,
    }


def timeline_document(film: Film, run: Indexed, shots: Strip, model: ModelFacts) -> dict[str, Any]:
    """Describe when a film shows what: for each tag that the model reports, a number a shot.

    `null` stands where a shot was not looked at. Tags are those of the film, most relevant first.
    """
    rank = {tag.tag: n for n, tag in enumerate(film.tags)}
    reported = [(n, facts) for n, facts in enumerate(model.tags) if facts.reportable]
    reported.sort(key=lambda one: rank.get(one[1].tag, len(rank)))
    # A float16 times a thousand is exact, so that this rounds as `round` would.
    rounded = shots.probabilities.round(TIMELINE_DIGITS)
    unseen = np.flatnonzero(np.isnan(rounded).any(axis=1)).tolist()
    return {
        "film_id": film.id,
        "duration_us": run.facts.duration_us,
        "precision": run.settings.precision.value,
        "starts_us": shots.starts_us,
        "ends_us": shots.ends_us,
        "states": [state.value for state in shots.states],
        "tags": [
            {
                "tag": facts.tag,
                "group": facts.group,
                "status": facts.status,
                "threshold": facts.threshold,
                "probabilities": _numbers(rounded[:, n], unseen),
            }
            for n, facts in reported
        ],
    }


def _numbers(values: npt.NDArray[np.float64], unseen: Sequence[int]) -> list[float | None]:
    numbers: list[float | None] = values.tolist()
    for n in unseen:
        numbers[n] = None
    return numbers


def film_row(film: Film, run: Indexed) -> dict[str, Any]:
    """Describe an indexed film in one flat record, without its tags."""
    facts = run.facts
    return _identity_row(film) | {
        "state": "indexed",
        "duration_us": facts.duration_us,
        "container_offset_us": facts.container_offset_us,
        "precision": run.settings.precision.value,
        "gap_seconds": dict(run.settings.values).get("gap_seconds"),
        "cuts": dict(run.settings.values).get("cuts"),
        "shots": run.shots,
        "width": facts.width,
        "height": facts.height,
        "rotation": facts.rotation,
        "frame_rate": facts.frame_rate,
        "frames": facts.frames,
        "network_frames": facts.network_frames,
        "codec": facts.codec,
        "container": facts.container,
        "decode_errors": facts.decode_errors,
        "indexed_us": run.indexed_us,
    }


def listed_film_row(film: Film, lives: Callable[[str], bool | None]) -> dict[str, Any]:
    """Describe any film, whatever has become of it, with its present tags by relevance.

    A film whose indexer no longer `lives` waits for the next one.
    """
    match film.state:
        case Indexed():
            present = [tag.tag for tag in film.tags if tag.present]
            return film_row(film, film.state) | {"present": present}
        case Failed(kind, reason, attempts):
            outcome: dict[str, Any] = {
                "state": "failed",
                "error": kind,
                "reason": reason,
                "attempts": attempts,
            }
        case Running(owner):
            outcome = {"state": "queued" if lives(owner) is False else "running"}
        case Queued():
            outcome = {"state": "queued"}
    return _identity_row(film) | outcome


def _identity_row(film: Film) -> dict[str, Any]:
    return {
        "id": film.id,
        "title": film.title,
        "path": show_path(film.paths[0]) if film.paths else None,
        "paths": [show_path(path) for path in film.paths],
        "size": film.identity.size,
        "fingerprint": film.identity.fingerprint,
    }


def film_tag_row(tag: FilmTag) -> dict[str, Any]:
    """Describe what a film says of one tag."""
    return {
        "tag": tag.tag,
        "relevance": round(tag.relevance, DIGITS),
        "weight": round(tag.weight, DIGITS),
        "coverage": round(tag.coverage, DIGITS),
        "seconds": round(tag.seconds, 3),
        "peak": round(tag.peak, DIGITS),
        "present": tag.present,
    }


def shot_row(shot: Shot, model: ModelFacts) -> dict[str, Any]:
    """Describe one shot; `tags` is null where the shot was not looked at."""
    row: dict[str, Any] = {
        "start_us": shot.span.start_us,
        "end_us": shot.span.end_us,
        "samples_us": [sample.time_us for sample in shot.samples],
        "state": shot.state.value,
        "tags": None,
        "present": [],
    }
    if shot.probabilities is not None:
        row["tags"] = {
            facts.tag: round(probability, DIGITS)
            for facts, probability in zip(model.tags, shot.probabilities, strict=True)
            if facts.reportable
        }
        row["present"] = [tag for tag, _ in model.present(shot.probabilities)]
    return row


def _cut_us(shot: Beginning) -> int:
    """Return the one time that stands for a boundary: the first frame of the new shot, unmixed."""
    return shot.start_us if shot.transition is None else shot.transition.last_us
