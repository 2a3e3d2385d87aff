"""Pictures on disk, within a limit: those that nobody has asked for the longest go first.

A file's modification time is when it was last asked for. What is there when the page starts is
taken over.
"""

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile

SUFFIX = ".jpg"
# When there is too much, this share of the limit is left: not one file goes at a time.
LEFT = 0.9


@dataclass(slots=True)
class Kept:
    """A folder of pictures by their keys, which are hexadecimal digits, of `most_bytes` at most.

    All its pictures are whole: a file is written beside its place and moved there.
    """

    folder: Path
    most_bytes: int
    _sizes: OrderedDict[str, int] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = []
        for entry in os.scandir(self.folder):
            if entry.name.endswith(SUFFIX):
                facts = entry.stat()
                found.append((facts.st_mtime_ns, entry.name.removesuffix(SUFFIX), facts.st_size))
            else:  # what a page that was killed had begun
                Path(entry.path).unlink(missing_ok=True)
        for _, key, size in sorted(found):
            self._note(key, size)
        self._make_room()

    def get(self, key: str) -> bytes | None:
        """Return a picture if it is kept."""
        path = self._path(key)
        try:
            data = path.read_bytes()
            os.utime(path)
        except FileNotFoundError:
            return None
        with self._lock:
            if key in self._sizes:
                self._sizes.move_to_end(key)
        return data

    def put(self, key: str, data: bytes) -> None:
        """Keep a picture, and let go of the longest unseen if there is no room."""
        with NamedTemporaryFile(dir=self.folder, delete=False) as file:
            file.write(data)
        Path(file.name).replace(self._path(key))
        with self._lock:
            self._note(key, len(data))
            self._make_room()

    @property
    def bytes(self) -> int:
        """How much all pictures take."""
        return self._bytes

    def _note(self, key: str, size: int) -> None:
        self._bytes += size - self._sizes.pop(key, 0)
        self._sizes[key] = size

    def _make_room(self) -> None:
        if self._bytes <= self.most_bytes:
            return
        while self._sizes and self._bytes > LEFT * self.most_bytes:
            key, size = self._sizes.popitem(last=False)
            self._bytes -= size
            self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not key.isalnum():
            raise ValueError(f"{key!r} is no picture's key")
        return self.folder / f"{key}{SUFFIX}"
