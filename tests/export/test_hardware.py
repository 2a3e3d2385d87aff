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
from filmdex.export import heads
from filmdex.export.fine_tune import FineTuning, Learner, Places, fine_tune
from filmdex.export.heads import HeadSettings, Preset
from filmdex.indexer.framing_names import FramingName
from filmdex.export.feeds import PictureFeed
from tiny_network import SIDE, TINY, draw
folder = Path(sys.argv[1])
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    network = TINY.build(policy=sys.argv[2])
    settings = HeadSettings.of(Preset.MULTILABEL)
    head = heads.assembled([np.ones((8, 2), "f4"), np.zeros(2, "f4")], 2, settings)
    learner = Learner(network, FramingName.SQUASH, head, settings)
    tuning = FineTuning(epochs=2, batch=8, patience=2)
    material = draw(folder, 24)
    state = fine_tune(learner, material, tuning, Places(folder / "c", folder / "a"))
(kept,) = (folder / "a").glob("*.npy")
kept = np.load(kept)
pictures = PictureFeed(material.paths, FramingName.SQUASH, SIDE)
expected = network.stem("block2")(np.stack([pictures.read(row, 0) for row in range(24)]))
assert np.allclose(kept, np.asarray(expected, "f4"), atol=0.05), "activations"
assert state.epoch == 2 and all(np.isfinite(past["loss"]) for past in state.history)
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
