"""Measurements that a build does not repeat: on labelled films, between framings, of time."""

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..indexer.bundle import Bundle
from ..indexer.card import Trained
from ..indexer.framing import FRAMINGS, Framing, first_crop, last_crop
from ..indexer.pixels_type import Pixels
from ..indexer.sessions import Provider, open_session
from . import head, held_out, labelled_films, noted_pictures, picture_notes, pictures
from .abilities import FEWEST_SHOTS
from .build_default import HEAD, Say, export_backbone, spread
from .datasets import FEWEST_PICTURES
from .evaluation.metrics import average_precision
from .evaluation.speed import images_per_second
from .features import embed
from .measured import Framed, Measured, TagOnFilms, Variant
from .ranking import mean_average_precision
from .thresholds import as_stored
from .vocabulary import Vocabulary

Floats = npt.NDArray[np.float32]
Columns = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]

TIMED_BATCH, TIMED_ROUNDS = 8, 6


@dataclass(frozen=True, slots=True)
class Material:
    """What is measured with."""

    weights: Path
    images: Path
    films: Path
    truth: Path


def measure(bundle: Bundle, material: Material, say: Say) -> Measured:
    """Measure a bundle's backbone and head. Raises ModelError if the material does not fit."""
    vocabulary = Vocabulary.shipped()
    card, side = bundle.card, bundle.card.input.side
    backbone = bundle.path / card.backbone.file
    chosen = noted_pictures.read(material.images, vocabulary, picture_notes.shipped(vocabulary))
    plain = list(pictures.read(chosen.pictures))
    labels = chosen.labels(len(vocabulary.tags))
    settled = chosen.settled(len(vocabulary.tags))
    shots = list(labelled_films.read(material.films, material.truth, vocabulary))
    on_films = labelled_films.labels(shots)

    def mean_on_pictures(embeddings: Floats) -> float:
        unseen = held_out.logits(embeddings, labels, settled, chosen.sources, head.Settings())
        return mean_average_precision(unseen, labels, settled, FEWEST_PICTURES)

    def framed(framings: tuple[Framing, ...], note: str) -> tuple[Framed, Floats]:
        of_pictures = _embed_framed(backbone, plain, framings, side)
        of_films = _embed_framed(backbone, [shot.frame for shot in shots], framings, side)
        trained = head.train(of_pictures, labels, settled, head.Settings())
        films = mean_average_precision(
            trained.logits(of_films),
            (on_films == labelled_films.SHOWN).astype(np.float32),
            on_films != labelled_films.UNSETTLED,
            FEWEST_SHOTS,
        )
        pictured = mean_on_pictures(of_pictures)
        return Framed(pictures=_rounded(pictured), films=_rounded(films), note=note), of_films

    framings: dict[str, Framed] = {}
    for name, framing in FRAMINGS.items():
        say(f"framing: {name}")
        framings[name], of_films = framed((framing,), "one look at each frame")
        if name == card.input.framing:
            embedded = of_films
    say("framing: two crops")
    framings["two crops"], _ = framed(
        (first_crop, last_crop), "the mean embedding of both ends; two looks at each frame"
    )

    say("precision")
    with tempfile.TemporaryDirectory() as scratch:
        exact = Path(scratch) / "float32.onnx"
        small = [FRAMINGS[card.input.framing](picture, side) for picture in plain]
        export_backbone(material.weights, exact, spread(small, 16))
        batch = np.stack(spread(small, TIMED_BATCH))
        speeds = images_per_second(
            {
                path.name: partial(open_session(path, Provider.CPU, 0).run, batch)
                for path in (exact, backbone)
            },
            TIMED_BATCH,
            TIMED_ROUNDS,
        )
        variants: dict[str, Variant] = {
            "float32": Variant(
                megabytes=_megabytes(exact),
                images_per_second=round(speeds[exact.name].highest, 1),
                mean_average_precision=_rounded(mean_on_pictures(embed(exact, small))),
                note="not shipped",
            ),
            card.backbone.precision: Variant(
                megabytes=_megabytes(backbone),
                images_per_second=round(speeds[backbone.name].highest, 1),
                mean_average_precision=framings[card.input.framing].pictures,
                note="ships",
            ),
        }
    return _of_tags(bundle, shots, embedded).model_copy(
        update={
            "framings": framings,
            "variants": variants,
            "notes": {
                "images a second": "all cores of one machine, both precisions by turns in one run"
            },
        }
    )


def measure_tags(bundle: Bundle, films: Path, truth: Path, known: Measured) -> Measured:
    """Measure a bundle's tags on labelled films; keep the rest of what is `known`."""
    card = bundle.card
    shots = list(labelled_films.read(films, truth, Vocabulary.shipped()))
    framing = (FRAMINGS[card.input.framing],)
    frames = [shot.frame for shot in shots]
    embedded = _embed_framed(bundle.path / card.backbone.file, frames, framing, card.input.side)
    measured = _of_tags(bundle, shots, embedded)
    kept = known.model_dump(include={"framings", "variants", "notes"})
    return Measured.model_validate(measured.model_dump() | kept)


def _of_tags(bundle: Bundle, shots: list[labelled_films.Shot], embedded: Floats) -> Measured:
    card, on_films = bundle.card, labelled_films.labels(shots)
    session = open_session(bundle.path / card.head.file, Provider.CPU, 0)
    probabilities = as_stored(session.run(embedded))
    return Measured(
        head=card.files[HEAD],
        films=(
            f"{len(shots)} shots of {len({shot.film for shot in shots})} films, labelled by eye; "
            "the middle frame of each"
        ),
        tags={
            entry.tag: on_labelled(probabilities[:, column], on_films[:, column], entry.ability)
            for column, entry in enumerate(card.tags)
            if isinstance(entry.ability, Trained)
        },
        framings={},
        variants={},
        notes={},
    )


def on_labelled(values: Columns, labels: Labels, ability: Trained) -> TagOnFilms:
    """Measure one tag's stored probabilities `(N,)` against its labels `(N,)`."""
    settled = labels != labelled_films.UNSETTLED
    shown = labels[settled] == labelled_films.SHOWN
    taken = values[settled] >= ability.threshold
    hits = int((taken & shown).sum())
    return TagOnFilms(
        positives=int(shown.sum()),
        shots=int(settled.sum()),
        average_precision=_rounded(average_precision(values[settled], shown)) if shown.any() else 0,
        precision=_rounded(hits / max(int(taken.sum()), 1)),
        recall=_rounded(hits / max(int(shown.sum()), 1)),
        false_alarms=int((taken & ~shown).sum()),
    )


def _embed_framed(
    backbone: Path, plain: list[Pixels], framings: tuple[Framing, ...], side: int
) -> Floats:
    looks = [embed(backbone, (framing(picture, side) for picture in plain)) for framing in framings]
    mean: Floats = np.mean(looks, axis=0, dtype=np.float32)
    return mean


def _megabytes(path: Path) -> float:
    return round(path.stat().st_size / 1e6, 1)


def _rounded(number: float) -> float:
    return round(number, 4)
