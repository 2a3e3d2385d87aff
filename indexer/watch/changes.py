"""What has become of a root's files between two looks: plain values in, actions out.

Scanning is the truth. A file is taken when two looks, far enough apart, saw it with the same size
and time. What can be no honest deletion (an unmounted share, an emptied root) freezes the root:
nothing is taken, nothing is marked, until it looks like itself again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Seen(NamedTuple):
    """What the file system said of a file. A tuple, since a library has a hundred thousand."""

    size: int
    mtime_ns: int
    device: int
    inode: int


class Known(NamedTuple):
    """What the library holds of a place; device and inode are 0 until it was seen again."""

    size: int
    mtime_ns: int
    device: int = 0
    inode: int = 0
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Pass:
    """One look at a whole root.

    `folders` are the folders that were read, each with its device; `unread` those that could not
    be: of what lies below them nothing is known. No folders at all: the root is gone.
    """

    files: Mapping[bytes, Seen]
    folders: Mapping[bytes, int]
    unread: Mapping[bytes, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Take:
    """A file has settled, and is new or has other content than before."""

    path: bytes
    seen: Seen


@dataclass(frozen=True, slots=True)
class Moved:
    """A file lies elsewhere in the same root, untouched."""

    old: bytes
    new: bytes
    seen: Seen


@dataclass(frozen=True, slots=True)
class Lost:
    """A file is no longer where it was."""

    path: bytes


@dataclass(frozen=True, slots=True)
class Back:
    """A missing file is there again, as it was."""

    path: bytes


@dataclass(frozen=True, slots=True)
class Froze:
    """The root is not itself: alarm, and touch nothing."""

    reason: str


@dataclass(frozen=True, slots=True)
class Thawed:
    """The root is itself again."""


Action = Take | Moved | Lost | Back | Froze | Thawed


@dataclass(slots=True)
class RootChanges:
    """One root: what is known of it, what is settling, and whether it is frozen."""

    root: bytes
    settle_us: int
    known: dict[bytes, Known]
    frozen: str | None = None
    settling: dict[bytes, tuple[Seen, int]] = field(default_factory=dict)
    _taking: dict[bytes, Known | None] = field(default_factory=dict)

    def step(self, look: Pass, now_us: int) -> list[Action]:
        """Say what to do about a look at the root; `now_us` is a clock that never jumps."""
        vanished = self._vanished(look)
        moved = self._moved(look, vanished)
        lost = [path for path in vanished if path not in moved]
        if reason := self._not_itself(look, lost):
            self.settling.clear()
            if reason == self.frozen:
                return []
            self.frozen = reason
            return [Froze(reason)]
        actions: list[Action] = [Thawed()] if self.frozen else []
        self.frozen = None
        actions += (self._move(old, new, look.files[new]) for old, new in moved.items())
        actions += (self._lose(path) for path in lost)
        actions += self._met(look, now_us)
        return actions

    def taken(self, path: bytes) -> None:
        """Hear that a file was taken."""
        self._taking.pop(path, None)

    def again(self, path: bytes) -> None:
        """Hear that a file could not be taken: what was known holds, and it settles anew."""
        before = self._taking.pop(path, None)
        self.known.pop(path, None)
        if before is not None:
            self.known[path] = before

    @property
    def unsettled(self) -> bool:
        """Whether another look is wanted soon."""
        return bool(self.settling)

    def _vanished(self, look: Pass) -> list[bytes]:
        files = look.files
        gone = [p for p, one in self.known.items() if not one.missing and p not in files]
        return [path for path in gone if not _below(path, look.unread)] if look.unread else gone

    def _moved(self, look: Pass, vanished: list[bytes]) -> dict[bytes, bytes]:
        """Pair what vanished with new names for the very same file, by inode, size and time."""
        by_file = {
            Seen(k.size, k.mtime_ns, k.device, k.inode): path for path, k in self._of(vanished)
        }
        moved: dict[bytes, bytes] = {}
        for path, seen in look.files.items() if by_file else ():
            if not self._is_known(path, seen) and (old := by_file.pop(seen, None)) is not None:
                moved[old] = path
        return moved

    def _of(self, paths: list[bytes]) -> Iterator[tuple[bytes, Known]]:
        return ((path, self.known[path]) for path in paths if self.known[path].inode)

    def _is_known(self, path: bytes, seen: Seen) -> bool:
        one = self.known.get(path)
        return one is not None and (one.size, one.mtime_ns) == (seen.size, seen.mtime_ns)

    def _not_itself(self, look: Pass, lost: list[bytes]) -> str | None:
        """Tell why what is missing was hardly deleted; None if it may have been."""
        if not look.folders:
            return f"it cannot be read: {look.unread.get(self.root, 'it is gone')}"
        if not lost:
            return None
        held = sum(not one.missing for one in self.known.values())
        if not look.files:
            return f"it is empty; {held} films were here"
        if 2 * len(lost) > held:
            return f"{len(lost)} of its {held} films vanished at once"
        for path in lost:
            if (
                folder := _unmounted_above(path, self.known[path].device, look.folders)
            ) is not None:
                return f"{folder.decode('utf-8', 'backslashreplace')} is on another device"
        return None

    def _move(self, old: bytes, new: bytes, seen: Seen) -> Moved:
        del self.known[old]
        self._keep(new, seen)
        return Moved(old, new, seen)

    def _lose(self, path: bytes) -> Lost:
        self.known[path] = self.known[path]._replace(missing=True)
        return Lost(path)

    def _keep(self, path: bytes, seen: Seen) -> None:
        self.known[path] = Known(*seen)
        self.settling.pop(path, None)

    def _met(self, look: Pass, now_us: int) -> Iterator[Take | Back]:
        known, files = self.known, look.files
        for path in [path for path in self.settling if path not in files]:
            del self.settling[path]
        for path, seen in files.items():
            one = known.get(path)
            if one is not None and one[:4] == seen and not one.missing:
                continue  # nearly always
            if one is not None and one[:2] == seen[:2]:
                self._keep(path, seen)
                if one.missing:
                    yield Back(path)
            elif self._has_settled(path, seen, now_us):
                self._taking[path] = one
                self._keep(path, seen)
                yield Take(path, seen)

    def _has_settled(self, path: bytes, seen: Seen, now_us: int) -> bool:
        before = self.settling.get(path)
        if before is None or before[0][:2] != seen[:2]:
            self.settling[path] = seen, now_us
            return False
        return now_us - before[1] >= self.settle_us


def _below(path: bytes, folders: Mapping[bytes, object]) -> bool:
    return any(folder in folders for folder in _parents(path))


def _unmounted_above(path: bytes, device: int, folders: Mapping[bytes, int]) -> bytes | None:
    """Name the nearest folder that is left above a lost file, if it is not on the file's device."""
    nearest = next((folder for folder in _parents(path) if folder in folders), None)
    if nearest is None or not device or folders[nearest] == device:
        return None
    return nearest


def _parents(path: bytes) -> Iterator[bytes]:
    while (cut := path.rfind(b"/")) > 0:
        path = path[:cut]
        yield path
