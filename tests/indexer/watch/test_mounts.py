"""Which folders send no events."""

from pathlib import Path

import pytest
from filmdex.indexer.watch.mounts import kind_of, most_watches, silent_kind

MOUNTINFO = rb"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:40 / /mnt/nas rw shared:5 - nfs4 server:/films rw
31 22 0:41 / /mnt/my\040films rw shared:6 - fuse.sshfs me@there:/ rw
32 22 0:42 / /mnt/nas/local rw - ext4 /dev/sdb1 rw
33 22 0:43 / /mnt/over rw - ext4 /dev/sdc1 rw
34 33 0:44 / /mnt/over rw - cifs //server/share rw
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    path = tmp_path / "mountinfo"
    path.write_bytes(MOUNTINFO)
    return path


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        (b"/films", None),
        (b"/mnt/nas", "nfs4"),
        (b"/mnt/nas/deep/er", "nfs4"),
        (b"/mnt/nasty", None),
        (b"/mnt/nas/local/films", None),
        (b"/mnt/my films/x", "fuse.sshfs"),
        (b"/mnt/over", "cifs"),
    ],
)
def test_network_and_fuse_are_silent(mounts: Path, folder: bytes, kind: str | None) -> None:
    assert silent_kind(folder, mounts) == kind


def test_this_machine_can_be_asked() -> None:
    assert kind_of(b"/proc") == "proc"
    assert most_watches() > 0
