"""A bundle put together from its parts works, says what it is, and is there whole or not at all."""

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest

pytest.importorskip("tensorflow", reason="the export extra is not installed")

from export_networks import SIDE, TAGS, WIDTH, backbone, logits, pictures
from filmdex.db.errors import ModelError
from filmdex.export import assemble, onnx_graphs
from filmdex.export.calibrated_graph import curve
from filmdex.export.parts import (
    BorrowedBackbone,
    ExpertFile,
    Identity,
    Origin,
    Parts,
    TrainedBackbone,
)
from filmdex.export.variants import TOLERANCES
from filmdex.indexer.bundle import Bundle, load
from filmdex.indexer.card import (
    DataSet,
    Expert,
    Graph,
    Input,
    PlattScaling,
    PresentLimits,
    Quality,
    TagCard,
    Trained,
    Untrained,
)
from filmdex.indexer.framing_names import FramingName
from filmdex.indexer.network import Network
from filmdex.indexer.wire import VIEWS

ORIGIN = Origin("made by the tests", "Apache-2.0")
PRESENT = PresentLimits(seconds=1.0, coverage=0.1, peak=0.6)
QUALITY = Quality(
    data_set="made up",
    average_precision=0.5,
    precision=0.5,
    recall=0.5,
    positives=20,
    prevalence=0.1,
)


def trained(calibration: object) -> Trained:
    return Trained.model_validate(
        {
            "status": "weak",
            "threshold": 0.5,
            "calibration": calibration,
            "quality": QUALITY,
            "present": PRESENT,
        }
    )


def tags() -> tuple[TagCard, ...]:
    abilities = (
        trained(PlattScaling(method="platt", slope=1.5, intercept=0.1)),
        Untrained(status="untrained", reason="too few", quality=None),
        trained(curve([-1.0, 0.0, 1.0], [0.1, 0.5, 0.9])),
    )
    names = ("Lighthouse", "Fog", "Harbour")
    return tuple(
        TagCard(tag=name, slug=name.lower(), group="coast", ability=ability)
        for name, ability in zip(names, abilities, strict=True)
    )


def parts(**changes: object) -> Parts:
    made = Parts(
        identity=Identity("coast", "1", "Sees the sea."),
        input=Input(
            side=SIDE,
            colour="RGB",
            framing=FramingName.LETTERBOX,
            expert_framing=FramingName.SQUASH,
            resize="area",
        ),
        backbone=TrainedBackbone(
            backbone(), ORIGIN, ("int8", "float32", "float16"), pictures(16, 8)
        ),
        logits=logits(),
        head_origin=ORIGIN,
        tags=tags(),
        frames=pictures(24, 9),
        training={"epochs": 3},
        data_set=DataSet(digest="0" * 64, pictures=9, sources=3, note="made up"),
        notices={"NOTICE": "Nothing to note.\n"},
        single=True,
    )
    return dataclasses.replace(made, **changes)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("assembled") / "coast"
    card = assemble.write_bundle(folder, parts(), lambda _: None)
    made = load(folder)
    assert made.card == card
    return made


@pytest.mark.parametrize("precision", ["float32", "float16", "int8"])
def test_it_answers_as_keras_does(written: Bundle, precision: str) -> None:
    frames = pictures(6, 30)
    looked = Network.open(written, "cpu", 1, precision).look(np.stack([frames] * VIEWS, axis=1))
    z = np.asarray(logits().predict_on_batch(np.asarray(backbone().predict_on_batch(frames))))
    got = np.array([one.probabilities for one in looked])
    near = {"float32": 2e-3, "float16": 5e-3, "int8": 5e-2}[precision]
    assert got[:, 0] == pytest.approx(1 / (1 + np.exp(-1.5 * z[:, 0] - 0.1)), abs=near)
    assert not got[:, 1].any()
    assert got[:, 2] == pytest.approx(np.interp(z[:, 2], [-1, 0, 1], [0.1, 0.5, 0.9]), abs=near)


def test_the_card_names_every_file_and_measured_every_precision(written: Bundle) -> None:
    card = written.card
    there = {p.name for p in written.path.iterdir()} - {"model.json"}
    assert set(card.files) == there
    assert there == {
        "NOTICE",
        "backbone.onnx",
        "backbone-float16.onnx",
        "backbone-float32.onnx",
        "head.onnx",
        "model.onnx",
    }
    for name, digest in card.files.items():
        assert hashlib.sha256((written.path / name).read_bytes()).hexdigest() == digest
    assert (card.backbone.file, card.backbone.precision) == ("backbone.onnx", "int8")
    assert set(card.precisions) == {"int8", "float32", "float16"}
    mean = {variant.precision: variant.parity.mean for variant in card.variants}
    assert mean["float32"] < mean["float16"] < mean["int8"]
    assert card.opset == onnx_graphs.OPSET
    assert card.embedding_width == WIDTH


def test_each_graph_carries_the_facts(written: Bundle) -> None:
    for name in [name for name in written.card.files if name.endswith(".onnx")]:
        model = onnx.load(written.path / name)
        facts = {entry.key: entry.value for entry in model.metadata_props}
        assert facts["filmdex.model"] == "coast 1"
        assert (facts["filmdex.source"], facts["filmdex.licence"]) != ("", "")
        if name in ("head.onnx", "model.onnx"):
            assert facts["filmdex.tags"].split("\n") == ["Lighthouse", "Fog", "Harbour"]
            assert facts["filmdex.thresholds"].split("\n") == ["0.5", "", "0.5"]


def test_a_borrowed_backbone_is_the_same_bytes(written: Bundle, tmp_path: Path) -> None:
    borrowed = parts(
        identity=Identity("other", "2", "Another head."),
        backbone=BorrowedBackbone(written),
        logits=logits(seed=77),
        single=False,
    )
    card = assemble.write_bundle(tmp_path / "other", borrowed, lambda _: None)
    same = {name for name, digest in card.files.items() if written.card.files.get(name) == digest}
    assert same == {"NOTICE", "backbone.onnx", "backbone-float16.onnx", "backbone-float32.onnx"}
    assert card.backbone == written.card.backbone
    measured = {variant.precision: variant.parity for variant in card.variants}
    before = {variant.precision: variant.parity for variant in written.card.variants}
    assert measured["float32"] == before["float32"]
    assert 0 < measured["float16"].mean < measured["int8"].mean


def test_a_lender_without_the_exact_network_lends_only_its_default(
    bundle_path: Path, tmp_path: Path
) -> None:
    lender = load(bundle_path)
    expert = TagCard(
        tag="Night",
        slug="night",
        group="coast",
        ability=Expert(
            status="expert", graph="dark.onnx", threshold=0.5, present=PRESENT, reason="a test"
        ),
    )
    made = parts(
        backbone=BorrowedBackbone(lender),
        logits=logits(width=3, tags=TAGS + 1),
        tags=(*tags(), expert),
        experts=(
            ExpertFile(
                bundle_path / "dark.onnx",
                Graph(file="dark.onnx", source="a", licence="b", precision="float32"),
            ),
        ),
        frames=pictures(4, 9),
        single=False,
    )
    card = assemble.write_bundle(tmp_path / "made", made, lambda _: None)
    assert card.variants == ()
    assert card.files["backbone.onnx"] == lender.card.files["backbone.onnx"]
    network = Network.open(load(tmp_path / "made"), "cpu", 1)
    black = np.zeros((1, VIEWS, SIDE, SIDE, 3), np.uint8)
    assert network.look(black)[0].probabilities[3] == 1.0


def test_a_precision_that_is_too_far_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = {"largest": 1e-12, "mean": 1e-12, "changed_decisions": 0.0}
    strict = {**TOLERANCES, "int8": TOLERANCES["int8"].model_copy(update=nothing)}
    monkeypatch.setattr("filmdex.export.bundle_graphs.TOLERANCES", strict)
    with pytest.raises(ModelError, match=r"backbone\.onnx: largest .* leave this precision out"):
        assemble.write_bundle(tmp_path / "coast", parts(), lambda _: None)
    assert list(tmp_path.iterdir()) == []
