"""Features are computed once, and read ever after, unless they cannot be trusted."""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="the export extra is not installed")

from filmdex.db.errors import ModelError
from filmdex.export.feature_cache import FeatureCache
from filmdex.export.features import ShippedBackbone, embed, extract
from filmdex.export.keras_features import Stage
from filmdex.indexer import bundle
from filmdex.indexer.framing import FRAMINGS
from filmdex.indexer.framing_names import FramingName
from tiny_network import TINY


@dataclass
class Means:
    """An extractor that counts what it computes: the mean of each channel, divided by 3."""

    digest: str = "means"
    framing: FramingName = FramingName.CENTRE
    side: int = 8
    width: int = 3
    computed: list[int] = field(default_factory=list)

    def features(self, pictures: np.ndarray) -> np.ndarray:
        self.computed.append(len(pictures))
        means: np.ndarray = pictures.mean((1, 2)).astype(np.float32) / 3
        return means


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    paths = []
    for number in range(11):
        paths.append(tmp_path / f"pictures/{number}.png")
        paths[-1].parent.mkdir(exist_ok=True)
        cv2.imwrite(str(paths[-1]), np.full((24, 40, 3), number * 20, np.uint8))
    return paths


def test_a_second_run_reads_all_of_them(pictures: list[Path], tmp_path: Path) -> None:
    means = Means()
    first = extract(pictures, means, tmp_path / "cache")
    assert (first.read, sum(means.computed)) == (0, 11)
    # What the indexer would store, and so not 20 / 3 itself.
    assert first.features[1].tolist() == [float(np.float16(20 / 3))] * 3
    second = extract(pictures, means, tmp_path / "cache")
    assert (second.read, sum(means.computed)) == (11, 11)
    assert np.array_equal(first.features, second.features)


def test_a_picture_is_known_by_its_bytes(pictures: list[Path], tmp_path: Path) -> None:
    means = Means()
    extract(pictures, means, tmp_path / "cache")
    pictures[3].rename(moved := pictures[3].with_name("moved.png"))
    cv2.imwrite(str(pictures[4]), np.full((24, 40, 3), 7, np.uint8))
    again = extract([moved, pictures[4]], means, tmp_path / "cache")
    assert again.read == 1
    assert again.features[:, 0].tolist() == [20.0, float(np.float16(7 / 3))]


def test_another_model_or_framing_is_another_cache(pictures: list[Path], tmp_path: Path) -> None:
    extract(pictures, Means(), tmp_path / "cache")
    others = (Means(digest="others"), Means(framing=FramingName.SQUASH))
    assert [extract(pictures, other, tmp_path / "cache").read for other in others] == [0, 0]


@pytest.mark.parametrize("damage", ["cut", "changed", "emptied"])
def test_a_damaged_file_is_computed_again(
    damage: str, pictures: list[Path], tmp_path: Path
) -> None:
    whole = extract(pictures, Means(), tmp_path / "cache")
    victim = sorted((tmp_path / "cache").rglob("*.f16"))[5]
    content = victim.read_bytes()
    changed = bytes([*content[:-1], content[-1] ^ 1])
    victim.write_bytes({"cut": content[:-2], "changed": changed, "emptied": b""}[damage])
    means = Means()
    again = extract(pictures, means, tmp_path / "cache")
    assert (again.read, means.computed) == (10, [1])
    assert np.array_equal(again.features, whole.features)
    assert victim.read_bytes() == content


def test_a_file_that_could_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    cache = FeatureCache.of(tmp_path, "model", "centre", 2)
    cache.folder.parent.mkdir(exist_ok=True)
    cache.folder.write_bytes(b"a file where the folder has to be")
    with pytest.raises(OSError, match=r"exists|directory"):
        cache.write("ab" * 32, np.zeros(2, np.float32))
    assert [path.name for path in tmp_path.iterdir()] == [cache.folder.name]


def test_an_unreadable_picture_is_named(pictures: list[Path], tmp_path: Path) -> None:
    pictures[2].write_bytes(b"no picture")
    with pytest.raises(ModelError, match=r"2\.png"):
        extract(pictures, Means(), tmp_path / "cache")


def test_a_shipped_backbone_gives_what_the_indexer_stores(
    pictures: list[Path], tmp_path: Path, bundle_path: Path
) -> None:
    opened = bundle.load(bundle_path)
    backbone = ShippedBackbone.of(opened)
    got = extract(pictures, backbone, tmp_path / "cache").features
    frame = FRAMINGS[opened.card.input.framing]
    framed = [
        frame(np.full((24, 40, 3), number * 20, np.uint8), backbone.side) for number in range(11)
    ]
    assert np.array_equal(got, embed(opened.path / opened.card.backbone.file, framed))
    assert backbone.digest == opened.card.files[opened.card.backbone.file]


def test_a_stage_of_a_network_is_an_extractor(pictures: list[Path], tmp_path: Path) -> None:
    network = TINY.build()
    stages = [Stage.of(network, FramingName.CENTRE, name) for name in ("block2", "block3", None)]
    got = [extract(pictures, stage, tmp_path / "cache") for stage in stages]
    assert [each.features.shape for each in got] == [(11, 6), (11, 8), (11, 8)]
    # The embedding is the last stage.
    assert [each.read for each in got] == [0, 0, 11]
    network.body.set_weights([array + 0.1 for array in network.body.get_weights()])
    changed = Stage.of(network, FramingName.CENTRE)
    assert extract(pictures, changed, tmp_path / "cache").read == 0
