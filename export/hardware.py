"""What there is to train on, and how it is used: one or several devices, and the precision."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

# NVIDIA's compute capability from which a GPU multiplies half floats faster (Volta's tensor cores),
# and from which it has bfloat16, which needs no scaling of losses (Ampere).
HALF_FROM, BFLOAT_FROM = (7, 0), (8, 0)


@dataclass(frozen=True, slots=True)
class Gpu:
    """A visible GPU; `capability` is NVIDIA's, (0, 0) if it has none."""

    name: str
    capability: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train: Keras' dtype policy, on how many GPUs at once, and both in words."""

    policy: str
    replicas: int
    reason: str

    def scope(self) -> AbstractContextManager[object]:
        """Return what networks and optimisers are to be made in."""
        if self.replicas < 2:
            return nullcontext()
        import tensorflow as tf

        scope: AbstractContextManager[object] = tf.distribute.MirroredStrategy().scope()
        return scope


def plan(gpus: tuple[Gpu, ...]) -> Plan:
    """Decide by the GPUs: all of them, in the precision that the weakest is fast in."""
    if not gpus:
        return Plan("float32", 1, "no GPU is visible: the CPU, in float32")
    weakest = min(gpus, key=lambda gpu: gpu.capability)
    if weakest.capability >= BFLOAT_FROM:
        policy = "mixed_bfloat16"
    elif weakest.capability >= HALF_FROM:
        policy = "mixed_float16"
    else:
        policy = "float32"
    names = ", ".join(sorted({gpu.name for gpu in gpus}))
    each = f"{len(gpus)} GPUs in step" if len(gpus) > 1 else "1 GPU"
    return Plan(policy, len(gpus), f"{each} ({names}), in {policy.replace('_', ' ')}")


def visible() -> tuple[Gpu, ...]:
    """Ask TensorFlow for the GPUs of this machine."""
    import tensorflow as tf

    found = []
    for device in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(device)
        capability = details.get("compute_capability", (0, 0))
        found.append(Gpu(details.get("device_name", device.name), tuple(capability)))
    return tuple(found)
