"""How much of an index is where in a shot one looks: the same shots, sampled at other places.

    python tests/bench/sample_positions.py LIBRARY BUNDLE [--out FOLDER]

Takes an exact index of films that are still where they were, and looks at each of its shots once
more, at one frame: in the middle, a quarter and three quarters through, and at the last keyframe
before the middle (or the first frame, if none lies in between). Which tags are then present in each
film is compared with what the middles say: what differs comes of having looked at another frame of
the same shot. With --out each place's answers are written as `filmdex show --json` has them, to be
scored against labels.
"""

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from filmdex.db import films, runs
from filmdex.db.records import FilmTag, Shot
from filmdex.db.store import Store
from filmdex.indexer.bundle import load
from filmdex.indexer.framing import scaled_size, views
from filmdex.indexer.network import Network
from filmdex.indexer.pixels import Scaler, shown_size
from filmdex.indexer.planning import rules
from filmdex.indexer.relevance import FilmTally, TagRule

PLACES = ("middle", "quarter", "three quarters", "keyframe")
SHARES = {"middle": 0.5, "quarter": 0.25, "three quarters": 0.75}


@dataclass(frozen=True, slots=True)
class Frames:
    """When each frame of a film is shown, from the first on, and which are keyframes."""

    times_us: np.ndarray
    keys: np.ndarray

    def wanted(self, shot: Shot) -> dict[str, int]:
        """Return for each place in a shot the number of the frame there."""
        start, end = shot.span.start_us, shot.span.end_us
        first = int(np.searchsorted(self.times_us, start))
        last = max(first, int(np.searchsorted(self.times_us, end)) - 1)
        times = {place: start + share * (end - start) for place, share in SHARES.items()}
        found = {
            place: int(np.clip(np.searchsorted(self.times_us, time), first, last))
            for place, time in times.items()
        }
        inside = [n for n in range(first, found["middle"] + 1) if self.keys[n]]
        return found | {"keyframe": inside[-1] if inside else first}


def frames(path: Path) -> Iterator[av.VideoFrame]:
    """Decode a film, frame by frame."""
    with av.open(str(path)) as container:
        yield from container.decode(video=0)


def looked_at(
    path: Path, shots: tuple[Shot, ...], network: Network
) -> dict[str, list[tuple[float, ...]]]:
    """Return the probabilities of each shot at each place."""
    seen = [(frame.time, frame.key_frame) for frame in frames(path)]
    times = np.array([(time - seen[0][0]) * 1_000_000 for time, _ in seen]).round()
    index = Frames(times, np.array([key for _, key in seen]))
    wanted = [index.wanted(shot) for shot in shots]
    numbers = {number for of in wanted for number in of.values()}
    card = network.bundle.card
    framings, side = (card.input.framing, card.input.expert_framing), card.input.side
    answers: dict[int, tuple[float, ...]] = {}
    scaler = None
    for number, frame in enumerate(frames(path)):
        if number in numbers:
            # All films that this is for have square pixels.
            scaler = scaler or Scaler(*scaled_size(*shown_size(frame), 1.0, side), "rgb24")
            picture = views(scaler.pixels(frame), framings, side)
            answers[number] = network.look(picture[None])[0].probabilities
    return {place: [answers[of[place]] for of in wanted] for place in PLACES}


def said(
    tags: Sequence[FilmTag],
    shots: Sequence[Shot],
    vectors: Sequence[tuple[float, ...]],
    of: Sequence[TagRule],
) -> str:
    """Write a film as `filmdex show --json` does, as far as scoring needs it."""
    film = [
        {
            "tag": tag.tag,
            "relevance": tag.relevance,
            "coverage": tag.coverage,
            "present": tag.present,
        }
        for tag in tags
    ]
    rows = [
        {
            "start_us": shot.span.start_us,
            "end_us": shot.span.end_us,
            "tags": {rule.tag: vector[rule.column] for rule in of},
            "present": [rule.tag for rule in of if vector[rule.column] >= rule.threshold],
        }
        for shot, vector in zip(shots, vectors, strict=True)
    ]
    return json.dumps({"film": {"tags": film}, "shots": rows, "untrained": []})


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("library", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    network = Network.open(load(options.bundle), "cpu", 2)
    of = rules(network.bundle.card)
    present: dict[str, set[tuple[int, str]]] = {place: set() for place in PLACES}
    with Store.open(options.library, make=False) as store, store.reading() as db:
        indexed = [(film, runs.current(db, film.id)) for film in films.listed(db)]
        stored = [(film, run, tuple(runs.shots(db, run.run_id))) for film, run in indexed if run]
    for film, run, shots in stored:
        path = Path(os.fsdecode(film.paths[0]))
        for place, vectors in looked_at(path, shots, network).items():
            lengths = np.array([shot.span.length_us for shot in shots])
            table = np.array(vectors)
            tags = FilmTally.over(of, lengths, table, table).film_tags(run.facts.duration_us)
            present[place] |= {(film.id, tag.tag) for tag in tags if tag.present}
            if options.out:
                folder = options.out / place
                folder.mkdir(parents=True, exist_ok=True)
                (folder / f"{path.name}.json").write_text(said(tags, shots, vectors, of))
    middles = present["middle"]
    for place, found in present.items():
        both = len(found & middles)
        f1 = 2 * both / (len(found) + len(middles))
        print(f"{place:15} {len(found):3} tags present, F1 with the middles {f1:.2f}")


if __name__ == "__main__":
    main()
