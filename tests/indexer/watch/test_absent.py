"""Named roots that are not mounted here: left alone, told of once, and taken up again."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from filmdex.db.roots import Roots
from filmdex.indexer.watch.absent import LOOK_US, AbsentRoots
from filmdex.indexer.watch.keeper import Alarm, Now

PATIENCE_S = 20


@dataclass
class Host:
    """Two named roots, the clock, and what was told."""

    folder: Path
    told: list[str] = field(default_factory=list)
    at_us: int = 0

    def __post_init__(self) -> None:
        (self.folder / "here").mkdir()
        (self.folder / "here" / "film.mkv").touch()
        (self.folder / "away").mkdir()
        roots = Roots.of({name: self.at(name) for name in ("here", "away")})
        self.absent = AbsentRoots(roots, self._tell)

    def at(self, name: str) -> bytes:
        return os.fsencode(self.folder / name)

    def _tell(self, alarm: Alarm) -> None:
        self.told.append(alarm.message)

    def folders(self) -> list[bytes]:
        return self.absent.folders(Now(self.at_us, self.at_us))

    def looked(self, *absent: str) -> bool:
        """Let time pass, and wait until a look says that these are absent."""
        self.at_us += LOOK_US
        ends_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends_s:
            if self.folders() == [self.at(name) for name in absent]:
                return True
        return False


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path)
    yield made
    made.absent.close()


def test_nothing_is_taken_from_a_root_before_it_was_looked_at(host: Host) -> None:
    assert sorted(host.folders()) == [host.at("away"), host.at("here")]


def test_a_root_that_is_not_mounted_is_left_alone_and_told_of_once(host: Host) -> None:
    for _ in range(3):
        assert host.looked("away")
    [told] = host.told
    assert f"root away is not mounted at {host.folder / 'away'} on host" in told


def test_a_root_is_taken_up_when_it_is_mounted(host: Host) -> None:
    assert host.looked("away")
    (host.folder / "away" / "film.mkv").touch()
    assert host.looked()
    assert host.told[1:] == ["root away is mounted again"]


def test_it_is_not_looked_at_more_often_than_it_should_be(host: Host) -> None:
    assert host.looked("away")
    (host.folder / "away" / "film.mkv").touch()
    host.at_us += LOOK_US - 1
    for _ in range(100):
        assert host.folders() == [host.at("away")]
