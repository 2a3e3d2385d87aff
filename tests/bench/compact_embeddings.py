"""What eight bits a value cost: average precision from embeddings as computed, and as stored.

    python tests/bench/compact_embeddings.py FILMS TRUTH [--bundle default]

FILMS holds the labelled films, TRUTH their labels shot by shot; the middle frame of each shot is
looked at.
"""

import argparse
from pathlib import Path

import numpy as np
from filmdex.db.vectors import HALF, compact, expanded
from filmdex.export import labelled_films
from filmdex.export.abilities import FEWEST_SHOTS
from filmdex.export.ranking import mean_average_precision
from filmdex.export.vocabulary import Vocabulary
from filmdex.indexer import bundle
from filmdex.indexer.framing import FRAMINGS
from filmdex.indexer.sessions import Provider, open_session


def main() -> None:
    """Print the mean average precision of both, and how far probabilities move."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("films", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--bundle", default=bundle.DEFAULT)
    asked = parser.parse_args()
    model = bundle.load(bundle.locate(asked.bundle))
    card = model.card
    shots = list(labelled_films.read(asked.films, asked.truth, Vocabulary.shipped()))
    labels = labelled_films.labels(shots)
    shown = (labels == labelled_films.SHOWN).astype(np.float32)
    settled = labels != labelled_films.UNSETTLED
    backbone = open_session(model.path / card.backbone.file, Provider.CPU, 0)
    head = open_session(model.path / card.head.file, Provider.CPU, 0)
    framing = FRAMINGS[card.input.framing]
    computed = np.concatenate(
        [backbone.run(framing(shot.frame, card.input.side)[None]) for shot in shots]
    )
    stored = compact(computed)
    answers = {}
    for name, embeddings in (("computed", computed), ("stored", expanded(stored))):
        answers[name] = head.run(embeddings).astype(HALF).astype(np.float64)
        precision = mean_average_precision(answers[name], shown, settled, FEWEST_SHOTS)
        print(f"{name:9} mean average precision {precision:.4f}")
    moved = np.abs(answers["computed"] - answers["stored"])
    print(f"probabilities move by {moved.max():.4f} at most, {moved.mean():.6f} in the mean")
    print(f"{len(shots)} shots, {len(stored[0])} bytes an embedding")


if __name__ == "__main__":
    main()
