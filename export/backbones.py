"""The networks that can be trained further: keras.applications, and the one that ships.

Each has its own size and its own preprocessing, which is part of the graph: a picture goes in as
uint8 RGB. Where Keras would put the preprocessing into the network itself, that is left out
(`include_preprocessing=False`) and the same is done before it, as for the others.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from keras import applications

from ..db.errors import ModelError
from . import convertible, inception_2015
from .blocks import Block, blocks_of

Floats = npt.NDArray[np.float32]

INPUT = "frames_rgb"
SMALLEST = 75  # the side below which an Inception has nothing left to pool


def _as_it_is(body: keras.Model) -> keras.Model:
    return body


class Preprocessing(StrEnum):
    """What stands between a picture of 0 to 255 and the network."""

    # Blue first, ImageNet's mean colour taken off (`mode="caffe"` of keras.applications).
    CAFFE = "caffe"
    # From -1 to 1 (`mode="tf"`).
    UNIT = "unit"
    # As UNIT, but 128 is 0.
    HALVES = "halves"
    # ImageNet's mean colour taken off, in units of its deviation (`mode="torch"`).
    TORCH = "torch"


@dataclass(frozen=True, slots=True)
class Backbone:
    """One network by name. `blocks` is the pattern that names the block of a layer.

    published: Keras' own network for a side, into which published weights fit;
    trained: the same with layers exchanged (`convertible.py`), where that is needed.
    """

    name: str
    side: int
    width: int
    preprocessing: Preprocessing
    blocks: str
    published: Callable[[int], keras.Model]
    trained: Callable[[keras.Model], keras.Model] = _as_it_is

    def build(self, side: int | None = None, policy: str = "float32") -> "Network":
        """Build the network with random weights, for pictures of its own side or another.

        policy: Keras' dtype policy, as `mixed_float16`. Raises ModelError if `side` is too small.
        """
        side = self.side if side is None else side
        if side < SMALLEST:
            raise ModelError(f"{self.name}: side {side}, at least {SMALLEST} is needed")
        with dtype_policy(policy):
            body = self.trained(self.published(side))
            ready = _prepared(self.preprocessing, side)
        return Network(self, side, ready, body, blocks_of(body, self.blocks))


@dataclass(frozen=True, slots=True)
class Network:
    """A built backbone: `prepare` (uint8 to float) and `body` (float to embedding) share nothing.

    `blocks` are in order; the last one ends with the embedding.
    """

    backbone: Backbone
    side: int
    prepare: keras.Model
    body: keras.Model
    blocks: tuple[Block, ...]

    @property
    def parameters(self) -> int:
        """How many numbers the network holds."""
        return int(self.body.count_params())

    def model(self) -> keras.Model:
        """`(N, side, side, 3) uint8` RGB -> `(N, width) float32`, made anew around the layers."""
        return self._from_frames(self.body, self.backbone.name)

    def stem(self, stage: str) -> keras.Model:
        """`(N, side, side, 3) uint8` -> the activations at the end of a block `(N, h, w, c)`."""
        return self._from_frames(keras.Model(self.body.input, self.block(stage).output), "stem")

    def trunk(self, stage: str) -> keras.Model:
        """From the activations at the end of a block to the embedding."""
        return keras.Model(self.block(stage).output, self.body.output, name="trunk")

    def probe(self, stage: str) -> keras.Model:
        """`(N, side, side, 3) uint8` -> the global average of a block's end `(N, c) float32`."""
        output = self.block(stage).output
        if len(output.shape) == 4:
            output = keras.layers.GlobalAveragePooling2D()(output)
        return self._from_frames(keras.Model(self.body.input, output), f"probe_{stage}")

    def block(self, name: str) -> Block:
        """Return a block by its name. Raises ModelError with all names if there is none."""
        for block in self.blocks:
            if block.name == name:
                return block
        names = ", ".join(block.name for block in self.blocks)
        raise ModelError(f"{self.backbone.name} has no stage {name!r}; it has {names}")

    @property
    def digest(self) -> str:
        """Name the network by what it computes: architecture, side and every weight."""
        whole = hashlib.sha256(f"{self.backbone.name} {self.side}\n".encode())
        for array in self.body.get_weights():
            whole.update(np.ascontiguousarray(array).tobytes())
        return whole.hexdigest()

    def in_float32(self) -> "Network":
        """Return a copy that computes in float32 whatever this one does: what is exported."""
        plain = self.backbone.build(self.side)
        plain.body.set_weights(self.body.get_weights())
        return plain

    def _from_frames(self, after: keras.Model, name: str) -> keras.Model:
        frames = keras.Input((self.side, self.side, 3), dtype="uint8", name=INPUT)
        made = after(self.prepare(frames))
        if len(made.shape) == 2:
            # Under mixed precision the embedding is still float32; else this changes nothing.
            made = keras.layers.Activation("linear", dtype="float32")(made)
        return keras.Model(frames, made, name=name)


def named(name: str) -> Backbone:
    """Return a backbone by name. Raises ModelError with all names if there is none."""
    if name not in BACKBONES:
        raise ModelError(f"no backbone {name!r}; there are {', '.join(BACKBONES)}")
    return BACKBONES[name]


def applied(model: keras.Model) -> Callable[[npt.NDArray[np.generic]], Floats]:
    """Return a model of one input as a function of batches of any size, as it is when it ships.

    Not `predict_on_batch`: where several devices train in step, that asks each of them.
    """
    (given,) = model.inputs
    signature = [tf.TensorSpec((None, *given.shape[1:]), given.dtype)]
    function = tf.function(lambda batch: model(batch, training=False), input_signature=signature)
    return lambda batch: np.asarray(function(batch), np.float32)


@contextmanager
def dtype_policy(policy: str) -> Iterator[None]:
    """Make layers with a dtype policy, and leave the process's own as it was."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _prepared(preprocessing: Preprocessing, side: int) -> keras.Model:
    frames = keras.Input((side, side, 3), dtype="uint8", name=INPUT)
    match preprocessing:
        case Preprocessing.CAFFE:
            blue_first = keras.ops.take(frames, [2, 1, 0], axis=-1)
            offset = [-103.939, -116.779, -123.68]
            ready = keras.layers.Rescaling(1.0, offset=offset)(blue_first)
        case Preprocessing.UNIT:
            ready = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(frames)
        case Preprocessing.HALVES:
            ready = keras.layers.Rescaling(1 / 128, offset=-1.0)(frames)
        case Preprocessing.TORCH:
            mean, deviation = np.array(_MEAN), np.array(_DEVIATION)
            scale, offset = 1 / (255 * deviation), -mean / deviation
            ready = keras.layers.Rescaling(scale.tolist(), offset=offset.tolist())(frames)
        case _:
            assert_never(preprocessing)
    return keras.Model(frames, ready, name="prepare")


def _application(make: Callable[..., keras.Model], **more: bool) -> Callable[[int], keras.Model]:
    def body(side: int) -> keras.Model:
        shape = (side, side, 3)
        return make(weights=None, include_top=False, pooling="avg", input_shape=shape, **more)

    return body


def _bare(make: Callable[..., keras.Model]) -> Callable[[int], keras.Model]:
    return _application(make, include_preprocessing=False)


# ImageNet's colours from 0 to 1, red first.
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_CAFFE, _UNIT, _HALVES, _TORCH = Preprocessing
_MIXED = r"(mixed\d+)$"
_EXPANDED = r"(expanded_conv(?:_\d+)?)_|(conv_1)"
_LETTERED = r"(block\d+[a-z]+)_|(top)_"
_STAGES = r"convnext_tiny_(?:(stage_\d_block_\d)|(downsampling_block_\d))"

_ALL = (
    Backbone("inception_2015", 299, 2048, _HALVES, _MIXED, inception_2015.graph),
    Backbone("vgg16", 224, 512, _CAFFE, r"(block\d)_", _application(applications.VGG16)),
    Backbone("vgg19", 224, 512, _CAFFE, r"(block\d)_", _application(applications.VGG19)),
    Backbone("inception_v3", 299, 2048, _UNIT, _MIXED, _application(applications.InceptionV3)),
    Backbone(
        "resnet50", 224, 2048, _CAFFE, r"(conv\d_block\d)_", _application(applications.ResNet50)
    ),
    Backbone("xception", 299, 2048, _UNIT, r"(block\d+)_", _application(applications.Xception)),
    Backbone(
        "mobilenet_v3_large", 224, 960, _UNIT, _EXPANDED, _bare(applications.MobileNetV3Large)
    ),
    Backbone(
        "mobilenet_v3_small", 224, 576, _UNIT, _EXPANDED, _bare(applications.MobileNetV3Small)
    ),
    Backbone(
        "efficientnet_v2_b0", 224, 1280, _TORCH, _LETTERED, _bare(applications.EfficientNetV2B0)
    ),
    Backbone(
        "efficientnet_v2_s", 384, 1280, _HALVES, _LETTERED, _bare(applications.EfficientNetV2S)
    ),
    Backbone(
        "convnext_tiny",
        224,
        768,
        _TORCH,
        _STAGES,
        _bare(applications.ConvNeXtTiny),
        convertible.convnext,
    ),
)
BACKBONES = {backbone.name: backbone for backbone in _ALL}
