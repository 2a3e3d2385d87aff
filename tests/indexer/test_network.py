"""Bundles are verified, networks answer as worked out by hand, and batches do not mix films."""

import hashlib
import json
import shutil
import threading
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from bundles import SIZE, TAGS, by_hand
from filmdex.db.errors import ModelError, ProviderUnavailable
from filmdex.indexer.batching import Batcher, Crew, Remembered
from filmdex.indexer.bundle import load, locate, verify_files
from filmdex.indexer.network import Looked, Network, precision_for
from filmdex.indexer.pixels_type import Pixels
from filmdex.indexer.sessions import BoundSession, Provider, choose, open_session
from filmdex.indexer.wire import VIEWS
from onnx.reference import ReferenceEvaluator


def pictures(count: int) -> Pixels:
    """Make `(count, VIEWS, SIZE, SIZE, 3)` of noise, both views the same."""
    rng = np.random.default_rng(1)
    plain = rng.integers(0, 256, (count, SIZE, SIZE, 3), dtype=np.uint8)
    return np.stack([plain] * VIEWS, axis=1)


@pytest.fixture
def copy_of_bundle(bundle_path: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle_path, tmp_path / "copy"))


def open_network(path: Path, provider: str = "cpu") -> Network:
    return Network.open(load(path), provider, threads=1)


def test_a_network_answers_as_worked_out_by_hand(bundle_path: Path) -> None:
    network = open_network(bundle_path)
    for picture, looked in zip(pictures(5), network.look(pictures(5)), strict=True):
        assert looked.probabilities == pytest.approx(by_hand(picture[0]), abs=2e-3)


def test_onnx_runtime_agrees_with_the_reference(bundle_path: Path) -> None:
    graph = onnx.load(bundle_path / "backbone.onnx")
    expected = ReferenceEvaluator(graph).run(None, {"picture": pictures(3)[:, 0]})[0]
    session = open_session(bundle_path / "backbone.onnx", Provider.CPU, threads=1)
    assert np.allclose(session.run(np.ascontiguousarray(pictures(3)[:, 0])), expected, atol=1e-6)


def test_probabilities_are_what_float16_holds_and_embeddings_a_byte_a_value(
    bundle_path: Path,
) -> None:
    for looked in open_network(bundle_path).look(pictures(4)):
        assert looked.probabilities == tuple(np.float16(looked.probabilities).tolist())
        assert len(looked.embedding) == 8 + 3


def test_an_answer_does_not_depend_on_its_neighbours(bundle_path: Path) -> None:
    network = open_network(bundle_path)
    alone = [network.look(picture[None])[0] for picture in pictures(9)]
    assert network.look(pictures(9)) == alone


def test_a_bundle_with_a_changed_file_is_refused_by_name(copy_of_bundle: Path) -> None:
    with (copy_of_bundle / "head.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelError, match=r"head\.onnx is not the file of colours 1"):
        verify_files(load(copy_of_bundle))


def test_a_bundle_without_a_file_is_refused_by_name(copy_of_bundle: Path) -> None:
    (copy_of_bundle / "dark.onnx").unlink()
    with pytest.raises(ModelError, match=r"dark\.onnx"):
        open_network(copy_of_bundle)


def edit_card(folder: Path, **changes: object) -> None:
    card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    (folder / "model.json").write_text(json.dumps(card | changes), encoding="utf-8")


def test_a_wrong_answer_to_the_golden_input_is_refused(copy_of_bundle: Path) -> None:
    wrong = {"probabilities": [[0.9] * len(TAGS)] * 2, "tolerance": 0.01}
    edit_card(copy_of_bundle, golden=wrong)
    with pytest.raises(ModelError, match="golden input"):
        open_network(copy_of_bundle)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": 2}, "format"),
        ({"surprise": 1}, "surprise"),
        ({"embedding_width": 0}, "embedding_width"),
        ({"files": {}}, "no SHA-256 for"),
        ({"golden": {"probabilities": [[0.5]], "tolerance": 0.1}}, "golden output is not"),
    ],
)
def test_a_card_that_cannot_be_is_refused(
    copy_of_bundle: Path, changes: dict[str, object], reason: str
) -> None:
    edit_card(copy_of_bundle, **changes)
    with pytest.raises(ModelError, match=reason):
        load(copy_of_bundle)


def test_no_bundle_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model bundle here"):
        load(tmp_path)


def test_the_digest_names_the_model(copy_of_bundle: Path, bundle_path: Path) -> None:
    assert load(copy_of_bundle).digest == load(bundle_path).digest
    edit_card(copy_of_bundle, description="another")
    assert load(copy_of_bundle).digest != load(bundle_path).digest


def test_the_default_is_a_bundle_that_ships() -> None:
    assert load(locate("default")).card.name == "default"


def test_a_named_provider_that_is_not_there_fails_with_a_remedy(bundle_path: Path) -> None:
    import onnxruntime

    if Provider.COREML.ort_name in onnxruntime.get_available_providers():
        pytest.skip("this machine has CoreML")
    with pytest.raises(ProviderUnavailable, match="use onnxruntime on macOS"):
        open_network(bundle_path, "coreml")


def test_auto_takes_what_works(bundle_path: Path) -> None:
    assert choose("auto", bundle_path / "head.onnx", threads=1) in Provider


@pytest.mark.parametrize("name", ["backbone.onnx", "dark.onnx"])
def test_a_bound_session_answers_to_the_last_bit_as_a_plain_one(
    bundle_path: Path, name: str
) -> None:
    """As on a device, whose memory is here the processor's."""
    options = ort.SessionOptions()
    session = ort.InferenceSession(bundle_path / name, options, ["CPUExecutionProvider"])
    plain = open_session(bundle_path / name, Provider.CPU, threads=1)
    bound = BoundSession(session, "cpu")
    for count in (8, 3, 8):
        seen = pictures(count)[:, 0]
        assert bound.run(seen).tobytes() == plain.run(np.ascontiguousarray(seen)).tobytes()
    with pytest.raises(ModelError, match="could not run the network"):
        bound.run(np.zeros((1, 2), np.float32))


def test_a_graph_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelError, match=r"x\.onnx: ONNX Runtime cannot open it"):
        open_session(tmp_path / "x.onnx", Provider.CPU, threads=1)


def test_pictures_of_many_films_share_batches_and_find_their_way_back() -> None:
    sizes: list[int] = []
    gate = threading.Event()

    def look(batch: Pixels) -> list[Looked]:
        gate.wait()
        sizes.append(len(batch))
        return [Looked(b"", (float(picture[0, 0, 0]),)) for picture in batch]

    with Batcher(look, size=4) as batcher:
        futures = [batcher.submit(np.full((2, 2, 3), n, np.uint8)) for n in range(8)]
        gate.set()
        futures += [batcher.submit(np.full((2, 2, 3), n, np.uint8)) for n in (8, 9)]
        answers = [future.result().probabilities[0] for future in futures]
    assert answers == list(range(10))
    assert max(sizes) == 4
    assert sum(sizes) == 10


def test_workers_look_at_the_same_time_and_every_answer_finds_its_way_back() -> None:
    both = threading.Barrier(2)  # breaks, and fails the test, unless two batches meet in it

    def look(batch: Pixels) -> list[Looked]:
        both.wait(timeout=10)
        return [Looked(b"", (float(picture[0, 0, 0]),)) for picture in batch]

    with Batcher(look, size=1, workers=2) as batcher:
        futures = [batcher.submit(np.full((2, 2, 3), n, np.uint8)) for n in range(6)]
        assert [future.result().probabilities[0] for future in futures] == list(range(6))


def test_what_was_looked_at_is_not_looked_at_again_and_what_failed_is() -> None:
    batches: list[int] = []

    def look(batch: Pixels) -> list[Looked]:
        batches.append(len(batch))
        if len(batches) == 1:
            raise ModelError("once")
        return [Looked(b"", (float(picture[0, 0, 0]),)) for picture in batch]

    one, alike = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8)
    alike[1, 1, 2] = 1
    with Batcher(look, size=1) as batcher:
        with pytest.raises(ModelError, match="once"):
            batcher.submit(one).result()
        first = batcher.submit(one)
        first.result()
        assert batcher.submit(one.copy()) is first
        assert batcher.submit(alike) is not first
    assert len(batches) == 3


def test_no_more_answers_are_remembered_than_may_be() -> None:
    pictures = [np.full((2, 2, 3), n, np.uint8) for n in range(3)]
    remembered = Remembered(most=2)
    for picture in pictures:
        answer, _ = remembered.answer(picture)
        answer.set_result(Looked(b"", ()))
    assert [remembered.answer(picture)[1] for picture in reversed(pictures)] == [False, False, True]


@pytest.mark.parametrize(
    ("threads", "crew"), [(1, Crew(1, 1)), (2, Crew(2, 1)), (4, Crew(4, 1)), (16, Crew(4, 4))]
)
def test_threads_are_shared_out_among_workers(threads: int, crew: Crew) -> None:
    assert Crew.of(threads) == crew


def test_decoding_waits_for_a_slow_network() -> None:
    gate = threading.Event()

    def look(batch: Pixels) -> list[Looked]:
        gate.wait()
        return [Looked(b"", ()) for _ in batch]

    with Batcher(look, size=2) as batcher:
        submitted: list[int] = []

        def submit_all() -> None:
            for n in range(20):
                batcher.submit(np.full((2, 2, 3), n, np.uint8))
                submitted.append(n)

        film = threading.Thread(target=submit_all)
        film.start()
        film.join(timeout=0.5)
        # Two batches wait and at most one is with the network.
        assert film.is_alive()
        assert len(submitted) <= 6
        gate.set()
        film.join()
    assert len(submitted) == 20


def test_what_goes_wrong_in_a_batch_reaches_everybody_in_it() -> None:
    def look(_: Pixels) -> list[Looked]:
        raise ModelError("out of memory")

    with Batcher(look, size=8) as batcher:
        future = batcher.submit(np.zeros((2, 2, 3), np.uint8))
        with pytest.raises(ModelError, match="out of memory"):
            future.result()


def with_variants(folder: Path, **precisions: float) -> Path:
    """Give the colours bundle further backbones, the default's own bytes; and their tolerances."""
    card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    nothing = {"largest": 0.0, "mean": 0.0, "changed_decisions": 0.0}
    for precision in precisions:
        shutil.copyfile(folder / "backbone.onnx", folder / f"{precision}.onnx")
        card["files"][f"{precision}.onnx"] = card["files"]["backbone.onnx"]
    variants = [
        {
            "file": f"{precision}.onnx",
            "precision": precision,
            "parity": {"frames": 1, **nothing},
            "tolerance": {**nothing, "largest": 1.0, "mean": 1.0},
            "golden_tolerance": tolerance,
        }
        for precision, tolerance in precisions.items()
    ]
    edit_card(folder, variants=variants, files=card["files"])
    return folder


@pytest.mark.parametrize(
    ("provider", "there", "taken"),
    [
        (Provider.CPU, ("int8", "float16"), "int8"),
        (Provider.CPU, ("float16",), "float32"),
        (Provider.CUDA, ("int8", "float16"), "float16"),
        (Provider.TENSORRT, ("int8",), "float32"),
        (Provider.COREML, ("int8", "float16"), "float32"),
        (Provider.CUDA, (), "float32"),
    ],
)
def test_each_provider_takes_what_it_is_fastest_with(
    copy_of_bundle: Path, provider: Provider, there: tuple[str, ...], taken: str
) -> None:
    card = load(with_variants(copy_of_bundle, **dict.fromkeys(there, 0.1))).card
    assert precision_for(provider, "auto", card) == taken


def test_a_precision_that_is_named_runs_with_its_own_tolerance(copy_of_bundle: Path) -> None:
    folder = with_variants(copy_of_bundle, int8=0.07)
    network = Network.open(load(folder), "cpu", 1, "int8")
    assert (network.precision, network.golden_tolerance) == ("int8", 0.07)
    network = Network.open(load(folder), "cpu", 1, "float32")
    assert (network.precision, network.golden_tolerance) == ("float32", 0.002)
    with pytest.raises(ModelError, match="no float16 backbone, only float32, int8"):
        Network.open(load(folder), "cpu", 1, "float16")


def test_a_variant_is_held_to_the_golden_answer(copy_of_bundle: Path) -> None:
    folder = with_variants(copy_of_bundle, int8=0.07)
    graph = onnx.load(folder / "int8.onnx")
    (full,) = graph.graph.initializer
    full.CopyFrom(onnx.numpy_helper.from_array(np.array(300.0, np.float32), full.name))
    (folder / "int8.onnx").write_bytes(graph.SerializeToString())
    card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256((folder / "int8.onnx").read_bytes()).hexdigest()
    edit_card(folder, files={**card["files"], "int8.onnx": digest})
    Network.open(load(folder), "cpu", 1, "float32")
    with pytest.raises(ModelError, match="in int8 the golden input"):
        Network.open(load(folder), "cpu", 1, "int8")


def test_two_variants_of_one_precision_cannot_be(copy_of_bundle: Path) -> None:
    folder = with_variants(copy_of_bundle, int8=0.1)
    card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    edit_card(folder, variants=card["variants"] * 2)
    with pytest.raises(ModelError, match="two variants of one precision"):
        load(folder)
    other = {**card["variants"][0], "precision": "float32"}
    edit_card(folder, variants=[other])
    with pytest.raises(ModelError, match="not the backbone as the card has it"):
        load(folder)


def test_a_card_from_before_variants_keeps_its_text() -> None:
    shipped = load(locate("default"))
    assert shipped.card.dumps() == (shipped.path / "model.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("curve", "reason"),
    [
        ({"logits": [0.0, 0.0], "probabilities": [0.1, 0.2]}, "do not rise"),
        ({"logits": [0.0, 1.0], "probabilities": [0.2, 0.1]}, "fall"),
        ({"logits": [0.0, 1.0], "probabilities": [0.2]}, "one probability for each"),
        ({"logits": [0.0], "probabilities": [0.2]}, "at least 2"),
        ({"logits": [0.0, 1.0], "probabilities": [0.2, 1.1]}, "less than or equal to 1"),
    ],
)
def test_a_curve_that_cannot_be_is_refused(
    copy_of_bundle: Path, curve: dict[str, list[float]], reason: str
) -> None:
    card = json.loads((copy_of_bundle / "model.json").read_text(encoding="utf-8"))
    card["tags"][0]["ability"]["calibration"] = {"method": "isotonic", **curve}
    edit_card(copy_of_bundle, tags=card["tags"])
    with pytest.raises(ModelError, match=reason):
        load(copy_of_bundle)
