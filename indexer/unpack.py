"""Taking a bundle out of an archive from anywhere: plain files of one folder, nothing else."""

import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from ..db.errors import ModelError

MOST_FILES = 64
CHUNK = 1 << 20
DAMAGED = (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError)
SUFFIXES = (".tar.gz", ".tgz", ".zip")

Member = tuple[str, bool, IO[bytes] | None]  # name, whether a plain file, its bytes


def unpack(archive: Path, kind: str, folder: Path, most_bytes: int) -> None:
    """Write an archive's files into the empty `folder`, without the folder that they stand in.

    kind: one of SUFFIXES. Raises ModelError for a member that is not a plain file of that one
    folder, for more than MOST_FILES or `most_bytes`, and for an archive that is damaged.
    """
    left, parents = most_bytes, set()
    try:
        with _members(archive, kind) as members:
            for name, is_plain, source in members:
                path = PurePosixPath(name)
                if not is_plain or source is None or not _is_modest(path):
                    raise ModelError(f"{archive.name}: {name!r} is no plain file of a bundle")
                parents.add(path.parent)
                if len(parents) > 1 or (folder / path.name).exists():
                    raise ModelError(f"{archive.name}: {name!r} is not of one folder with the rest")
                if sum(1 for _ in folder.iterdir()) >= MOST_FILES:
                    raise ModelError(f"{archive.name}: more than {MOST_FILES} files")
                left -= _copy(source, folder / path.name, left, archive.name)
    except DAMAGED as error:
        raise ModelError(f"{archive.name}: damaged, or no archive: {error}") from error
    except RuntimeError as error:  # zipfile: encrypted, or a compression that it lacks
        raise ModelError(f"{archive.name}: cannot be unpacked: {error}") from error


def _is_modest(path: PurePosixPath) -> bool:
    """Whether a path names a file here, or in one folder here."""
    strange = {"..", ""}.intersection(path.parts) or "\\" in str(path)
    return not path.is_absolute() and not strange and 1 <= len(path.parts) <= 2


def _copy(source: IO[bytes], target: Path, most_bytes: int, name: str) -> int:
    written = 0
    with source, target.open("xb") as file:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written > most_bytes:
                raise ModelError(f"{name}: unpacks to more than is allowed")
            file.write(chunk)
    return written


@contextmanager
def _members(archive: Path, kind: str) -> Iterator[Iterator[Member]]:
    if kind == ".zip":
        with zipfile.ZipFile(archive) as packed:
            yield _zip_members(packed)
    else:
        with tarfile.open(archive, "r:gz") as packed_tar:
            yield _tar_members(packed_tar)


def _zip_members(packed: zipfile.ZipFile) -> Iterator[Member]:
    for info in packed.infolist():
        if not info.is_dir():
            # The upper half of what Unix wrote is the file's mode; a link's begins with 0o12.
            is_link = info.external_attr >> 28 == 0o12
            yield info.filename, not is_link, packed.open(info)


def _tar_members(packed: tarfile.TarFile) -> Iterator[Member]:
    for info in packed:
        if not info.isdir():
            yield info.name, info.isreg(), packed.extractfile(info) if info.isreg() else None
