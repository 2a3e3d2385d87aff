"""Arrays out of a TorchScript archive, without torch and without running what is in it.

The archive is a zip file: `data.pkl` holds the tree of modules, `data/N` the numbers. A pickle can
name any function; this reader knows the five names that such an archive needs and refuses others.
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
                return _load(outer)
            with zipfile.ZipFile(io.BytesIO(outer.read(inner[0]))) as archive:
                return _load(archive)
    except (zipfile.BadZipFile, pickle.UnpicklingError, KeyError) as error:
        raise ModelError(f"{path}: not a TorchScript archive with weights ({error})") from error


def _load(archive: zipfile.ZipFile) -> Module:
    root = archive.namelist()[0].split("/", 1)[0]
    loaded: Module = _Reader(archive, root).load()
    return loaded


class _Reader(pickle.Unpickler):
    def __init__(self, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(io.BytesIO(archive.read(f"{root}/data.pkl")))
        self._archive = archive
        self._root = root

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("__torch__"):
            return Module
        known = {
            ("torch", "FloatStorage"): "FloatStorage",
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
            ("torch.jit._pickle", "build_intlist"): list,
            ("collections", "OrderedDict"): dict,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"{module}.{name} is not expected there")
        return known[module, name]

    def persistent_load(self, pid: Any) -> npt.NDArray[np.float32]:
        _, kind, key, *_ = pid
        if kind != "FloatStorage":
            raise pickle.UnpicklingError(f"{kind} is not expected there")
        return np.frombuffer(self._archive.read(f"{self._root}/data/{key}"), "<f4")


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
