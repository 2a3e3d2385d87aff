"""Films whose shots were labelled by eye: for measuring, never for training or choosing thresholds.

Beside each film's labels, `FILM.json` holds `shots` with `mid_us`, `tags`, and `maybe` for what was
not settled; the frame nearest to the middle is what is looked at.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from ..db.errors import ModelError
from ..indexer.pixels_type import Pixels
from .vocabulary import Vocabulary

SHOWN, ABSENT, UNSETTLED = 1, 0, -1


@dataclass(frozen=True, slots=True)
class Shot:
    """One labelled shot: its middle frame `(H, W, 3) uint8`, and a label for each tag."""

    film: str
    frame: Pixels
    labels: tuple[int, ...]


def read(films: Path, truth: Path, vocabulary: Vocabulary) -> Iterator[Shot]:
    """Decode the middle frame of each labelled shot.

    Raises ModelError if a labelled film is not in `films`, or a frame is not to be had.
    """
    for path in sorted(truth.glob("*.json")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        film = films / facts["file"]
        if not film.is_file():
            raise ModelError(f"{film}: labelled in {path}, but not here")
        middles = [shot["mid_us"] for shot in facts["shots"]]
        for shot, frame in zip(facts["shots"], frames_nearest(film, middles), strict=True):
            yield Shot(facts["file"], frame, labels_of(shot, vocabulary))


def labels_of(shot: dict[str, list[str]], vocabulary: Vocabulary) -> tuple[int, ...]:
    """Return one of SHOWN, ABSENT and UNSETTLED for each tag of the vocabulary."""
    shown, maybe = set(shot["tags"]), set(shot["maybe"])
    return tuple(
        UNSETTLED if name in maybe else SHOWN if name in shown else ABSENT
        for name in vocabulary.names
    )


def frames_nearest(film: Path, times_us: list[int]) -> list[Pixels]:
    """Return the frame nearest to each time, counted from the first frame, `(H, W, 3) uint8`."""
    wanted = np.array(times_us)
    distance = np.full(len(wanted), np.inf)
    nearest: list[Pixels | None] = [None] * len(wanted)
    first_us = None
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            at_us = round(frame.time * 1_000_000)
            first_us = at_us if first_us is None else first_us
            away = np.abs(wanted - (at_us - first_us))
            closer = np.flatnonzero(away < distance).tolist()
            if any(away[index] < 100_000 for index in closer):
                picture = frame.to_ndarray(format="rgb24").astype(np.uint8)
                for index in closer:
                    distance[index], nearest[index] = away[index], picture
    found = [picture for picture in nearest if picture is not None]
    if len(found) != len(wanted):
        raise ModelError(f"{film}: a labelled shot has no frame within 0.1 s of its middle")
    return found


def labels(shots: list[Shot]) -> npt.NDArray[np.int8]:
    """Return `(N, T)` labels."""
    return np.array([shot.labels for shot in shots], np.int8)
