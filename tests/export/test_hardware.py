"""What is decided by the devices that are visible."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filmdex.export.hardware import Gpu, plan

PASCAL, VOLTA, HOPPER = Gpu("P100", (6, 0)), Gpu("V100", (7, 0)), Gpu("H100", (9, 0))


@pytest.mark.parametrize(
    ("gpus", "policy", "replicas"),
    [
        ((), "float32", 1),
        ((PASCAL,), "float32", 1),
        ((VOLTA,), "mixed_float16", 1),
        ((HOPPER,), "mixed_bfloat16", 1),
        ((HOPPER, HOPPER), "mixed_bfloat16", 2),
        ((HOPPER, VOLTA), "mixed_float16", 2),
        ((HOPPER, PASCAL, VOLTA), "float32", 3),
    ],
)
def test_all_gpus_in_what_the_weakest_is_fast_in(
    gpus: tuple[Gpu, ...], policy: str, replicas: int
) -> None:
    decided = plan(gpus)
    assert (decided.policy, decided.replicas) == (policy, replicas)
    assert all(gpu.name in decided.reason for gpu in gpus)


def test_the_reason_says_what_is_used() -> None:
    assert plan(()).reason == "no GPU is visible: the CPU, in float32"
    assert plan((HOPPER, HOPPER)).reason == "2 GPUs in step (H100), in mixed bfloat16"


# TensorFlow divides a processor only before it has begun to use it: in a process of its own.
PROGRAM = """
import sys
from pathlib import Path
import numpy as np, keras, tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from filmdex.export.fine_tune import FineTuning, Places
from filmdex.export.heads import HeadSettings, Preset
from filmdex.export.recipes import Tuned
from filmdex.export.task import Task
from filmdex.export.vocabulary import Tag
from filmdex.indexer.framing_names import FramingName
from filmdex.export.feeds import PictureFeed
from tiny_network import SIDE, TINY, draw
folder = Path(sys.argv[1])
material = draw(folder, 24)
names = tuple(path.name for path in material.paths)
tags = tuple(Tag(name, name, name, "a group") for name in ("a", "b"))
task = Task(tags, material.paths, names, material.labels, material.settled, names)
told, built = [], []
def build():
    built.append(TINY.build(policy=sys.argv[2]))
    return built[-1]
tuned = Tuned(
    task,
    np.random.default_rng(1).random((24, 8), "f4"),
    HeadSettings.of(Preset.MULTILABEL),
    FineTuning(epochs=2, batch=8, patience=2),
    build,
    tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope,
    FramingName.SQUASH,
    Places(folder / "c", folder / "a"),
    told.append,
)
fitted = tuned.fit(np.array(material.train), np.array(material.validation))
network = fitted.network
assert len(built[0].body.weights[0].value.values) == 2, "one copy for each device"
assert network.body.weights[0].dtype == network.body.layers[-1].compute_dtype == "float32"
assert fitted.logits(np.arange(24)).shape == (24, 2)
(kept,) = (folder / "a").glob("*.npy")
kept = np.load(kept)
pictures = PictureFeed(material.paths, FramingName.SQUASH, SIDE)
expected = network.stem("block2")(np.stack([pictures.read(row, 0) for row in range(24)]))
assert np.allclose(kept, np.asarray(expected, "f4"), atol=0.05), "activations"
ended = [done for done in told if hasattr(done, "epoch")]
assert len(ended) == 2 and all(np.isfinite(done.values["loss"]) for done in ended)
"""


@pytest.mark.long
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_training_in_step_on_two_devices(policy: str, tmp_path: Path) -> None:
    tests = str(Path(__file__).parents[1])
    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), policy],
        check=True,
        cwd=tests,
        env={**os.environ, "PYTHONPATH": tests},
    )
