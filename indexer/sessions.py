"""ONNX Runtime, and which of its execution providers really runs. The only file that imports it.

A provider asked for by name must be what the opened session reports: ONNX Runtime itself only
warns and goes on with the CPU.
"""

from enum import StrEnum
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from ..db.errors import ModelError, ProviderUnavailable
from . import warm

ERRORS_ONLY = 3


class Provider(StrEnum):
    """ONNX Runtime's execution providers by the names that a configuration uses."""

    CPU = "cpu"
    CUDA = "cuda"
    TENSORRT = "tensorrt"
    OPENVINO = "openvino"
    COREML = "coreml"

    @property
    def ort_name(self) -> str:
        """The name that ONNX Runtime uses."""
        return _ORT_NAMES[self]


_ORT_NAMES = {
    Provider.CPU: "CPUExecutionProvider",
    Provider.CUDA: "CUDAExecutionProvider",
    Provider.TENSORRT: "TensorrtExecutionProvider",
    Provider.OPENVINO: "OpenVINOExecutionProvider",
    Provider.COREML: "CoreMLExecutionProvider",
}
_REMEDY = {
    Provider.CPU: "install filmdex[cpu]",
    Provider.CUDA: "install filmdex[gpu] without onnxruntime beside it, and NVIDIA's driver",
    Provider.TENSORRT: "install filmdex[gpu] and TensorRT",
    Provider.OPENVINO: "install onnxruntime-openvino in place of onnxruntime",
    Provider.COREML: "use onnxruntime on macOS",
}
# Where inputs and outputs lie while a provider with memory of its own runs.
_DEVICES = {Provider.CUDA: "cuda", Provider.TENSORRT: "cuda"}
# TensorRT builds engines for minutes on first use: it is taken by name, never by itself.
AUTO = (Provider.CUDA, Provider.COREML, Provider.CPU)


class Session(Protocol):
    """One open graph."""

    def run(self, array: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
        """Feed the graph's only input; return its only output."""
        ...


class _OrtSession:
    def __init__(self, session: ort.InferenceSession) -> None:
        self._session = session
        (only,) = session.get_inputs()
        self._input = only.name

    def run(self, array: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
        try:
            (output,) = self._session.run(None, {self._input: array})
        except Exception as error:
            raise ModelError(f"ONNX Runtime could not run the network: {error}") from error
        return cast("npt.NDArray[np.float32]", output)


class BoundSession:
    """One open graph whose input and output lie on `device` while it runs: section 4 of design.md.

    ONNX Runtime then copies each once, and never through memory of its own.
    """

    def __init__(self, session: ort.InferenceSession, device: str) -> None:
        self._session, self._device = session, device
        (feed,), (out,) = session.get_inputs(), session.get_outputs()
        self._input, self._output = feed.name, out.name

    def run(self, array: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
        """See Session."""
        try:
            # Bound anew each time: batches that are not full have another shape.
            binding = self._session.io_binding()
            there = ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array), self._device, 0)
            binding.bind_ortvalue_input(self._input, there)
            binding.bind_output(self._output, self._device)
            self._session.run_with_iobinding(binding)
            (output,) = binding.copy_outputs_to_cpu()
        except Exception as error:
            raise ModelError(f"ONNX Runtime could not run the network: {error}") from error
        return cast("npt.NDArray[np.float32]", output)


def choose(asked: str, graph: Path, threads: int) -> Provider:
    """Return the provider to use: the one `asked` for, or with `auto` the best that opens `graph`.

    Raises ProviderUnavailable if the named one does not open, with what to install.
    """
    if asked != "auto":
        provider = Provider(asked)
        open_session(graph, provider, threads)
        return provider
    for provider in AUTO:
        try:
            open_session(graph, provider, threads)
        except ProviderUnavailable:
            continue
        return provider
    raise ProviderUnavailable("no ONNX Runtime provider works here, not even the CPU's")


def open_session(
    graph: Path, provider: Provider, threads: int, digest: str | None = None
) -> Session:
    """Open a graph on exactly this provider; `threads` 0 lets ONNX Runtime take every core.

    A file whose SHA-256 was compared with `digest` is opened as it was optimised before, if it was:
    that gives the same answers. Raises ProviderUnavailable if another would run it, ModelError if
    the graph cannot be opened.
    """
    available = ort.get_available_providers()
    if provider.ort_name not in available:
        raise ProviderUnavailable(
            f"provider {provider} is not in this ONNX Runtime "
            f"(it has {', '.join(available)}); {_REMEDY[provider]}"
        )
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = ERRORS_ONLY
    # Threads that wait for each other by spinning burn a quarter more processor time, and gain no
    # clock time that could be measured: docs/performance.md.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if digest is not None and provider is Provider.CPU:
        session = _warm_session(graph, digest, options)
    else:
        session = _session(graph, provider, options)
    if (got := session.get_providers()[0]) != provider.ort_name:
        raise ProviderUnavailable(f"asked for {provider}, got {got}; {_REMEDY[provider]}")
    device = _DEVICES.get(provider)
    return _OrtSession(session) if device is None else BoundSession(session, device)


def _session(graph: Path, provider: Provider, options: ort.SessionOptions) -> ort.InferenceSession:
    try:
        return ort.InferenceSession(graph, sess_options=options, providers=[provider.ort_name])
    except Exception as error:
        raise ModelError(f"{graph}: ONNX Runtime cannot open it: {error}") from error


def _warm_session(graph: Path, digest: str, options: ort.SessionOptions) -> ort.InferenceSession:
    key = warm.key_of(digest, ort.__version__)
    if (optimised := warm.read(key)) is not None:
        return ort.InferenceSession(
            optimised, sess_options=options, providers=[Provider.CPU.ort_name]
        )
    with warm.keeping(key) as path:
        if path is None:
            return _session(graph, Provider.CPU, options)
        options.optimized_model_filepath = str(path)
        try:
            return _session(graph, Provider.CPU, options)
        except ModelError:
            # It may be the disk that is at fault, not the graph.
            options.optimized_model_filepath = ""
            return _session(graph, Provider.CPU, options)
