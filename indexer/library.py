"""Which files are films: the paths that were named, and what lies in the folders among them."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..db.records import Location
from ..db.roots import root_of

SUFFIXES = frozenset(
    "." + name
    for names in (
        "264 265 3g2 3gp asf avi divx dv f4v flv gxf h264 h265 hevc ivf m1v m2p m2t m2ts m2v m4v",
        "mk3d mkv mov mp4 mpe mpeg mpg mpv mts mxf nsv nut obu ogm ogv qt rm rmvb swf tod ts vc1",
        "vob webm wmv wtv y4m",
    )
    for name in names.split()
)
# What copiers, downloaders and editors call a file that is not finished.
TEMPORARY = (".part", ".partial", ".crdownload", ".download", ".tmp", ".temp", ".filepart", "~")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that was named, or met, and could not be looked into."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may be a film."""

    path: str
    location: Location


def films_at(paths: Iterable[str]) -> Iterator[Found | Unreadable]:
    """Yield every film at or under the paths once, in order; named files whatever their suffix."""
    seen: set[tuple[int, int]] = set()
    for path in paths:
        for one in _under(path):
            if isinstance(one, Unreadable):
                yield one
                continue
            found, identity = one
            if identity not in seen:
                seen.add(identity)
                yield found


def looks_like_a_film(name: str) -> bool:
    """Tell by a file's name whether a folder's scan should take it."""
    lower = name.lower()
    if name.startswith(".") or lower.endswith(TEMPORARY):
        return False
    return os.path.splitext(lower)[1] in SUFFIXES  # noqa: PTH122  names may not be UTF-8


def gone(path: bytes) -> bool:
    """Tell whether a file is no longer where it was; if that cannot be told, it is not gone."""
    if root_of(path) is not None:
        return False
    try:
        os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def _under(path: str) -> Iterator[tuple[Found, tuple[int, int]] | Unreadable]:
    if not os.path.isdir(path):  # noqa: PTH112
        yield _file(path)
        return
    problems: list[OSError] = []
    # Links to folders are not followed, so that no loop can be entered; links to films are taken.
    for folder, folders, names in os.walk(path, onerror=problems.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(filter(looks_like_a_film, names)):
            yield _file(os.path.join(folder, name))  # noqa: PTH118
        yield from (Unreadable(str(p.filename), p.strerror or str(p)) for p in problems)
        problems.clear()
    yield from (Unreadable(str(p.filename), p.strerror or str(p)) for p in problems)


def _file(path: str) -> tuple[Found, tuple[int, int]] | Unreadable:
    try:
        facts = os.stat(path)  # noqa: PTH116
        absolute = os.path.realpath(path)
    except OSError as error:
        return Unreadable(path, error.strerror or str(error))
    if not os.path.isfile(path):  # noqa: PTH113
        return Unreadable(path, "not a file")
    return Found(absolute, _location(absolute, facts)), (facts.st_dev, facts.st_ino)


def location_of(fd: int, path: str) -> Location:
    """Describe the very file that was opened, whatever lies at its path by now."""
    return _location(path, os.fstat(fd))


def _location(path: str, facts: os.stat_result) -> Location:
    return Location(os.fsencode(path), facts.st_size, facts.st_mtime_ns)
