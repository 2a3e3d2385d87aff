"""A library that people work on, made of plain values: files come, grow, move, go and come back."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from filmdex.db.records import FilmIdentity, Location
from filmdex.indexer.watch.changes import Pass, Seen, Take
from filmdex.indexer.watch.eyes import Saw, Unread
from filmdex.indexer.watch.ledger import Recognised

ROOT = b"/films"
FOLDERS = (b"/films", b"/films/a", b"/films/a/b", b"/films/c")


@dataclass(frozen=True)
class File:
    """One file: what it holds, and what a file system says of it."""

    content: int
    size: int
    mtime_ns: int
    inode: int


@dataclass
class Disk:
    """A root's files, and everything that may happen to them. All chance comes from `chance`."""

    chance: random.Random
    files: dict[bytes, File] = field(default_factory=dict)
    growing: dict[bytes, int] = field(default_factory=dict)
    away: bool = False
    emptied: bool = False
    device: int = 1
    _clock: int = 1_000
    _contents: int = 0
    _free: list[int] = field(default_factory=list)
    _inodes: int = 0

    def look(self) -> Pass:
        """See what a walk of the root would."""
        if self.away:
            return Pass({}, {}, {ROOT: "No such file or directory"})
        if self.emptied:
            return Pass({}, {ROOT: 99})
        seen = {p: Seen(f.size, f.mtime_ns, self.device, f.inode) for p, f in self.files.items()}
        return Pass(seen, dict.fromkeys(FOLDERS, self.device))

    @property
    def there(self) -> bool:
        """Whether the root shows its files."""
        return not (self.away or self.emptied)

    def happen(self) -> str:
        """Let one thing happen, and name it."""
        self._clock += self.chance.randrange(1, 1000)
        acts = self._with_files() if self.files else [self.add]
        act = self.chance.choices(
            [self.add, self.begin_growing, self.mount_change, *acts],
            [30, 12, 2, *([8] * len(acts))],
        )[0]
        act()
        self._grow()
        return act.__name__

    def _with_files(self) -> list[Callable[[], None]]:
        return [
            self.delete,
            self.rename,
            self.rename_over,
            self.copy,
            self.replace,
            self.touch,
            self.move_folder,
        ]

    def add(self) -> None:
        self._contents += 1
        self._write(self._name(), self._contents)

    def begin_growing(self) -> None:
        path = self._name()
        self.growing[path] = self.chance.randrange(1, 5)
        self._write(path, -self.chance.randrange(1, 10**9))

    def delete(self) -> None:
        self._remove(self._some())

    def rename(self) -> None:
        path = self._some()
        self.files[self._name()] = self.files.pop(path)
        self.growing.pop(path, None)

    def rename_over(self) -> None:
        path, onto = self._some(), self._some()
        if path != onto:
            self._free.append(self.files[onto].inode)
            self.files[onto] = self.files.pop(path)
            self.growing.pop(path, None)
            self.growing.pop(onto, None)

    def copy(self) -> None:
        self._write(self._name(), self.files[self._some()].content)

    def replace(self) -> None:
        self._contents += 1
        self._write(self._some(), self._contents)

    def touch(self) -> None:
        path = self._some()
        self._write(path, self.files[path].content)

    def move_folder(self) -> None:
        for path in [path for path in self.files if path.startswith(b"/films/a/b/")]:
            new = path.replace(b"/films/a/b/", b"/films/c/%d-" % self._clock)
            self.files[new] = self.files.pop(path)
            self.growing.pop(path, None)

    def mount_change(self) -> None:
        self.away = not self.away and self.chance.random() < 0.5
        self.emptied = not self.away and not self.emptied and self.chance.random() < 0.5
        self.device = self.chance.randrange(1, 5)

    def purge(self) -> None:
        """Delete nearly everything at once."""
        for path in list(self.files)[1:]:
            self._remove(path)

    def _grow(self) -> None:
        for path in list(self.growing):
            if path not in self.files:
                del self.growing[path]
                continue
            self.growing[path] -= 1
            done = not self.growing[path]
            self._contents += done
            self._write(path, self._contents if done else -self.chance.randrange(1, 10**9))
            if done:
                del self.growing[path]

    def _name(self) -> bytes:
        folder = self.chance.choice(FOLDERS)
        odd = self.chance.choice([b"", b"caf\xe9 ", b"\xc3\xa9 "])
        return folder + b"/%s%d.mkv" % (odd, self.chance.randrange(10**6))

    def _some(self) -> bytes:
        return self.chance.choice(sorted(self.files))

    def _write(self, path: bytes, content: int) -> None:
        before = self.files.get(path)
        inode = before.inode if before else self._inode()
        # The clock of the file server is not ours, and may stand still or run back.
        mtime = self._clock if self.chance.random() < 0.95 else self._clock - 10_000
        self.files[path] = File(content, 10**6 + abs(content) % 997, mtime, inode)

    def _remove(self, path: bytes) -> None:
        self._free.append(self.files.pop(path).inode)
        self.growing.pop(path, None)

    def _inode(self) -> int:
        if self._free and self.chance.random() < 0.5:
            return self._free.pop()
        self._inodes += 1
        return self._inodes


def fingerprint(content: int) -> str:
    """Name what a file holds."""
    return f"{content % 2**256:064x}"


@dataclass
class Sight:
    """Looks at a Disk, and answers when it is next asked for the answer."""

    disk: Disk
    _answer: Saw | None = None

    @property
    def busy(self) -> bool:
        return self._answer is not None

    def look(self) -> None:
        self._answer = self.disk.look()

    def recognise(self, takes: Sequence[Take]) -> None:
        self._answer = tuple(map(self._one, takes))

    def answer(self) -> Saw | None:
        answer, self._answer = self._answer, None
        return answer

    def close(self) -> None:
        """Nothing to close."""

    def _one(self, take: Take) -> Recognised | Unread:
        file = self.disk.files.get(take.path) if self.disk.there else None
        if file is None or (file.size, file.mtime_ns) != take.seen[:2]:
            return Unread(take.path, "written to meanwhile")
        identity = FilmIdentity(fingerprint(file.content), file.size)
        return Recognised(Location(take.path, file.size, file.mtime_ns), identity)


class Deaf:
    """Hears of no change: the scan is the truth."""

    lost = 0

    def woken(self) -> bool:
        return False

    def how(self) -> str:
        return "polling because this is a test"

    def refresh(self, look: Pass) -> None:
        """Nothing to learn."""

    def close(self) -> None:
        """Nothing to close."""
