"""Networks of Keras with some layers exchanged for equal ones that tf2onnx can convert.

What is exchanged computes the same; weights keep their order, some their axes in another one
(`adopted`).
"""

from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def convnext(body: keras.Model) -> keras.Model:
    """ConvNeXt with depthwise convolutions as such, and Gauss' error function in its Gelu.

    Keras writes them as grouped convolutions, which TensorFlow compiles apart on a CPU, and with
    the function's complement, which ONNX does not have.
    """

    def layer(operation: keras.Operation) -> keras.Operation:
        if isinstance(operation, keras.layers.Conv2D) and operation.groups > 1:
            return keras.layers.DepthwiseConv2D(
                operation.kernel_size, padding=operation.padding, name=operation.name
            )
        if isinstance(operation, keras.layers.Activation) and operation.name.endswith("_gelu"):
            return keras.layers.Activation(gelu, name=operation.name)
        return _copy(operation)

    return keras.models.clone_model(body, clone_function=layer)


def gelu(x: keras.KerasTensor) -> keras.KerasTensor:
    """Return `x` times the share of a normal distribution below it (Hendrycks, Gimpel, 2016)."""
    return 0.5 * x * (1.0 + keras.ops.erf(x * 2**-0.5))


def adopted(weights: Sequence[Floats], body: keras.Model) -> list[Floats]:
    """Bring the weights of Keras' own network into the shapes of `body`.

    A grouped kernel `(h, w, 1, c)` is a depthwise one `(h, w, c, 1)`.
    Raises ValueError if they are not those of the same network.
    """
    return [
        np.swapaxes(array, 2, 3) if array.ndim == 4 and array.shape != wanted.shape else array
        for array, wanted in zip(weights, body.weights, strict=True)
    ]


def _copy(operation: keras.Operation) -> keras.Operation:
    return type(operation).from_config(operation.get_config())
