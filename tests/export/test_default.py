"""The model that ships: its card is true of its files, and keeps the rules that it states."""

import numpy as np
import pytest
from filmdex.export.measured import Measured
from filmdex.export.vocabulary import Vocabulary
from filmdex.indexer.bundle import Bundle, load, locate
from filmdex.indexer.card import Expert, Trained, Untrained
from filmdex.indexer.network import Network
from filmdex.indexer.wire import VIEWS
from onnx import load as load_graph


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load(locate("default"))


@pytest.fixture(scope="module")
def network(bundle: Bundle) -> Network:
    """Opening it compares every file with its digest and asks the golden question."""
    return Network.open(bundle, "cpu", threads=2)


def pictures(count: int) -> np.ndarray:
    rng = np.random.default_rng(11)
    coarse = rng.integers(0, 256, (count, VIEWS, 13, 13, 3), dtype=np.uint8)
    return np.repeat(np.repeat(coarse, 23, axis=2), 23, axis=3)


def test_it_knows_the_tags_of_the_study_in_their_order(bundle: Bundle) -> None:
    assert bundle.card.tag_names == Vocabulary.shipped().names


def test_what_it_cannot_do_is_untrained_and_silent(bundle: Bundle, network: Network) -> None:
    for entry in bundle.card.tags:
        match entry.ability:
            case Trained(quality=quality):
                assert quality.positives >= 20, entry.tag
                assert quality.average_precision >= 0.3, entry.tag
            case Untrained(quality=quality):
                assert quality is None or quality.average_precision < 0.3, entry.tag
            case Expert():
                assert entry.tag == "Nudity"
    silent = [n for n, e in enumerate(bundle.card.tags) if isinstance(e.ability, Untrained)]
    for looked in network.look(pictures(4)):
        assert {looked.probabilities[column] for column in silent} == {0.0}


def test_the_backbone_is_small(bundle: Bundle) -> None:
    assert (bundle.path / bundle.card.backbone.file).stat().st_size < 24_000_000


def test_an_answer_does_not_depend_on_its_neighbours(network: Network) -> None:
    together = network.look(pictures(3))
    assert [network.look(one[None])[0] for one in pictures(3)] == together


def test_each_graph_says_where_it_is_from(bundle: Bundle) -> None:
    for graph in (bundle.card.backbone, bundle.card.head, *bundle.card.experts):
        model = load_graph(bundle.path / graph.file)
        facts = {entry.key: entry.value for entry in model.metadata_props}
        assert graph.source in facts.values(), graph.file


def test_the_measurements_are_of_this_head(bundle: Bundle) -> None:
    assert Measured.shipped().head == bundle.card.files[bundle.card.head.file]
    assert Measured.model_validate(bundle.card.measurements) == Measured.shipped()
