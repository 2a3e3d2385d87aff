"""Every backbone: its preprocessing, its blocks, and the way train -> ONNX -> the same answer."""

import importlib
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="the export extra is not installed")

import keras
from filmdex.db.errors import ModelError
from filmdex.export import backbones, heads, onnx_graphs
from filmdex.export.backbones import BACKBONES, Backbone, Network, Preprocessing
from filmdex.export.heads import HeadSettings, Preset
from filmdex.indexer.sessions import Provider, open_session
from tiny_network import SIDE, TINY

APPLICATIONS = {
    "vgg16": ("vgg16", "VGG16"),
    "vgg19": ("vgg19", "VGG19"),
    "inception_v3": ("inception_v3", "InceptionV3"),
    "resnet50": ("resnet", "ResNet50"),
    "xception": ("xception", "Xception"),
    "mobilenet_v3_large": ("mobilenet_v3", "MobileNetV3Large"),
    "mobilenet_v3_small": ("mobilenet_v3", "MobileNetV3Small"),
    "efficientnet_v2_b0": ("efficientnet_v2", "EfficientNetV2B0"),
    "efficientnet_v2_s": ("efficientnet_v2", "EfficientNetV2S"),
    "convnext_tiny": ("convnext", "ConvNeXtTiny"),
}
PARITY = 1e-4


def noise(count: int = 2) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8)


def scattered(model: keras.Model) -> None:
    """Change every weight a little, so that no bias is 0 and no statistic the identity's."""
    rng = np.random.default_rng(5)
    changed = []
    for array in model.get_weights():
        noise = 0.02 * rng.standard_normal(array.shape).astype(np.float32)
        # A variance stays one.
        changed.append(array + (noise if array.ndim > 1 else np.abs(noise)))
    model.set_weights(changed)


def trained(network: Network) -> keras.Model:
    """Take a step of training with a head of two tags, and return the head."""
    settings, rng = HeadSettings.of(Preset.MULTILABEL), np.random.default_rng(4)
    labels = np.array([[1, 0], [0, 1]], np.float32)
    head = heads.assembled(
        [rng.standard_normal((network.backbone.width, 2)), np.zeros(2)], 2, settings
    )
    embedder = network.model()
    model = keras.Model(embedder.input, head(embedder.output))
    model.compile("adam", loss=heads.loss_for(settings), jit_compile=False)
    targets = heads.targets_for(labels, np.ones_like(labels, np.bool_), settings)
    model.fit(noise(), targets, verbose=0)
    return head


@pytest.mark.parametrize(
    "backbone",
    [TINY, *(pytest.param(one, marks=pytest.mark.long, id=one.name) for one in BACKBONES.values())],
    ids=lambda backbone: backbone.name,
)
def test_train_export_and_the_graph_gives_what_keras_gives(
    backbone: Backbone, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(1)
    network = backbone.build(SIDE)
    assert network.model().output.shape == (None, backbone.width)
    layers = [layer for block in network.blocks for layer in block.layers]
    assert len({id(layer) for layer in layers}) == len(layers)
    assert len(layers) == len([layer for layer in network.body.layers if layer.weights])
    scattered(network.body)
    before = network.digest
    head = trained(network)
    assert network.digest != before
    given = noise(3)
    for model, output in ((network.model(), "embedding"), (head, "logits")):
        path = tmp_path / f"{output}.onnx"
        onnx_graphs.save(onnx_graphs.from_keras(model, output), path)
        expected = np.asarray(model.predict_on_batch(given))
        assert np.ptp(expected, axis=0).max() > 0
        got = open_session(path, Provider.CPU, 0).run(given)
        onnx_graphs.require_parity(output, expected, got, PARITY)
        given = got
    middle = network.blocks[len(network.blocks) // 2].name
    again = np.asarray(network.trunk(middle)(network.stem(middle)(noise())))
    assert np.allclose(again, np.asarray(network.model()(noise())), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name == "vgg16" else [pytest.mark.long])
        for name in APPLICATIONS
    ],
)
def test_the_features_are_those_of_keras_with_its_own_preprocessing(name: str) -> None:
    module, maker = APPLICATIONS[name]
    their_module = importlib.import_module(f"keras.applications.{module}")
    keras.utils.set_random_seed(1)
    network = BACKBONES[name].build(SIDE)
    theirs = getattr(keras.applications, maker)(
        weights=None, include_top=False, pooling="avg", input_shape=(SIDE, SIDE, 3)
    )
    scattered(theirs)
    network.body.set_weights(backbones.convertible.adopted(theirs.get_weights(), network.body))
    # Where Keras' network does it itself, `preprocess_input` does nothing.
    ready = their_module.preprocess_input(noise().astype(np.float32))
    expected = np.asarray(theirs.predict_on_batch(ready))
    got = np.asarray(network.model().predict_on_batch(noise()))
    onnx_graphs.require_parity(name, expected, got, PARITY)


@pytest.mark.parametrize("preprocessing", list(Preprocessing))
def test_preprocessing_is_what_keras_documents(preprocessing: Preprocessing) -> None:
    ours = backbones._prepared(preprocessing, SIDE)
    frames = noise()
    if preprocessing is Preprocessing.HALVES:
        expected = (frames.astype(np.float32) - 128) / 128
    else:
        mode = {"unit": "tf"}.get(preprocessing.value, preprocessing.value)
        expected = keras.applications.imagenet_utils.preprocess_input(
            frames.astype(np.float32), mode=mode
        )
    assert np.abs(np.asarray(ours(frames)) - expected).max() < 1e-4


def test_a_probe_is_the_global_average_of_its_stage() -> None:
    network = TINY.build()
    stage = np.asarray(network.stem("block2")(noise()))
    assert np.allclose(np.asarray(network.probe("block2")(noise())), stage.mean((1, 2)), atol=1e-6)
    assert np.allclose(np.asarray(network.probe("block3")(noise())), network.model()(noise()))


def test_a_mixed_precision_network_gives_float32_and_leaves_the_policy_alone() -> None:
    network = TINY.build(policy="mixed_bfloat16")
    assert network.body.get_layer("block1_conv").compute_dtype == "bfloat16"
    assert network.model().output.dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"


def test_a_network_in_mixed_precision_is_exported_in_float32() -> None:
    mixed = TINY.build(policy="mixed_bfloat16")
    plain = mixed.in_float32()
    assert plain.body.get_layer("block1_conv").compute_dtype == "float32"
    assert plain.digest == mixed.digest


def test_what_there_is_not_is_named() -> None:
    with pytest.raises(ModelError, match="no backbone 'vgg17'; there are inception_2015, vgg16"):
        backbones.named("vgg17")
    with pytest.raises(ModelError, match="side 32, at least 75 is needed"):
        TINY.build(32)
    with pytest.raises(ModelError, match="no stage 'block9'; it has stem, block1, block2, block3"):
        TINY.build().probe("block9")
