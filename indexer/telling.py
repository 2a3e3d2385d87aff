"""A film told by its stretches: reads what `story` parts."""

from itertools import chain
from typing import Any

from ..db import embeddings, runs
from ..db.records import Film
from ..db.store import Connection
from ..db.vectors import expanded
from .sequences import begins, directions
from .story import Stretch, stretches


def story_rows(db: Connection, asked: Film) -> list[dict[str, Any]]:
    """Describe a film's stretches, in order. Raises NotIndexedError if it has none."""
    run = runs.of_film(asked)
    shots = list(runs.shots(db, run.run_id))
    model = runs.model_of(db, run.run_id)
    stored = chain.from_iterable(embeddings.of_run(db, run.run_id))
    of_shot: list[list[bytes]] = [[] for _ in shots]
    for owner, vector in zip(embeddings.owners(db, run.run_id), stored, strict=True):
        of_shot[owner].append(vector)
    looks = directions([expanded(vectors) if vectors else None for vectors in of_shot])
    return [
        _row(number, one) for number, one in enumerate(stretches(shots, begins(looks), model), 1)
    ]


def _row(number: int, one: Stretch) -> dict[str, Any]:
    return {
        "stretch": number,
        "start_us": one.span.start_us,
        "end_us": one.span.end_us,
        "first_shot": one.first + 1,
        "last_shot": one.last + 1,
        "seen_us": one.seen_us,
        "tags": [
            {
                "tag": tag.tag,
                "seconds": round(tag.seconds, 3),
                "coverage": round(tag.coverage, 4),
                "peak": tag.peak,
            }
            for tag in one.tags
        ],
    }
