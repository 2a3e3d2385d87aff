"""Graphs as they were optimised for this processor, kept so that opening them again is quicker.

A cache: whatever is not as it should be is made anew. Nothing is believed from a place where
somebody else can write, and nothing of which one byte has changed.
"""

import hashlib
import os
import platform
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

CPU_FACTS = Path("/proc/cpuinfo")
DIGEST = 64


def kept_graphs() -> Path:
    """Where they are kept."""
    return platformdirs.user_cache_path("filmdex") / "graphs"


def key_of(digest: str, runtime: str) -> str:
    """Name what a graph, by its digest, is optimised to by this runtime on this processor."""
    facts = f"{digest} {runtime} {platform.machine()} {_processor()}"
    return hashlib.sha256(facts.encode()).hexdigest()[:32]


def _processor() -> str:
    """Return the processor's model and what it can do: optimised graphs depend on it."""
    try:
        lines = CPU_FACTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    telling = ("model name", "flags", "Features")
    return " ".join(sorted({line for line in lines if line.startswith(telling)}))


def read(key: str) -> bytes | None:
    """Return an optimised graph; None if there is none, or not as it was written."""
    path = kept_graphs() / key
    try:
        if not _is_ours(path.parent):
            return None
        with path.open("rb") as file:
            if not _is_ours(file.fileno()):
                return None
            content = file.read()
    except OSError:
        return None
    graph = content[:-DIGEST]
    return graph if content[-DIGEST:] == _digest(graph) else None


@contextmanager
def keeping(key: str) -> Iterator[Path | None]:
    """Give a path for the runtime to write an optimised graph to; None if it cannot be kept.

    What was written is there whole from then on, or not at all. A full disk keeps nothing.
    """
    folder = kept_graphs()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_ours(folder):
            yield None
            return
    except OSError:
        yield None
        return
    partial = folder / f".{key}.{os.getpid()}"
    try:
        yield partial
        _seal(partial, folder / key)
    finally:
        partial.unlink(missing_ok=True)


def _seal(partial: Path, target: Path) -> None:
    try:
        graph = partial.read_bytes()
        with partial.open("ab") as file:
            file.write(_digest(graph))
        partial.chmod(0o600)
        partial.replace(target)
    except OSError:
        return  # it is optimised again next time


def _is_ours(place: Path | int) -> bool:
    """Whether nobody else can write there: what lies there would be run."""
    facts = os.fstat(place) if isinstance(place, int) else place.lstat()
    others = stat.S_IWGRP | stat.S_IWOTH
    return facts.st_uid == os.geteuid() and not facts.st_mode & others


def _digest(graph: bytes) -> bytes:
    return hashlib.sha256(graph).hexdigest().encode()
