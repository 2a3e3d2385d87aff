"""The decoding child on clips whose every cut is known, and what becomes of it when it is hurt."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from clips import BLACK, BLUE, GREEN, HEIGHT, RED, WIDTH, Take, cuts_us, render
from filmdex.db.errors import LimitError, MediaError, WorkerError
from filmdex.db.records import ShotState
from films_seen import LIMITS, child_on, see

TAKES = [Take(RED, 20), Take(GREEN, 30), Take(BLUE, 25)]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(tmp_path_factory.mktemp("clips") / "three.mkv", TAKES)


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "libx264"), ("a.mkv", "mpeg4"), ("a.avi", "mpeg4"), ("a.ts", "mpeg2video")],
)
def test_cuts_are_found_at_their_very_frame(tmp_path: Path, name: str, codec: str) -> None:
    seen = see(render(tmp_path / name, TAKES, codec=codec))
    assert seen.cuts_us == cuts_us(TAKES)
    assert seen.facts.frames == 75
    assert seen.facts.duration_us == 3_000_000
    assert (seen.facts.width, seen.facts.height) == (WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("encoder", "codec"), [("libsvtav1", "av1"), ("libvpx-vp9", "vp9"), ("libx264", "h264")]
)
def test_a_codec_has_the_name_of_the_format(tmp_path: Path, encoder: str, codec: str) -> None:
    assert see(render(tmp_path / "a.mkv", TAKES, codec=encoder)).facts.codec == codec


def test_each_shot_is_looked_at_in_its_middle_and_in_its_colour(clip: Path) -> None:
    seen = see(clip)
    assert [sample.sample.time_us for sample in seen.samples] == [400_000, 1_400_000, 2_480_000]
    for sample, take in zip(seen.samples, TAKES, strict=True):
        assert sample.picture is not None
        assert np.abs(sample.picture[0].mean(axis=(0, 1)) - take.rgb).max() < 12


def test_time_counts_from_the_first_frame(tmp_path: Path) -> None:
    seen = see(render(tmp_path / "late.mkv", TAKES, first_pts=100))
    assert seen.cuts_us == cuts_us(TAKES)
    assert seen.shots[0].span.start_us == 0


def test_variable_frame_rate_keeps_its_times(tmp_path: Path) -> None:
    times = [n * 10 for n in range(20)] + [200 + n * 25 for n in range(55)]
    seen = see(render(tmp_path / "vfr.mkv", TAKES, frame_times=times))
    assert seen.cuts_us == [times[20] * 4000, times[50] * 4000]


def test_flat_shots_are_blank_and_send_no_picture(tmp_path: Path) -> None:
    takes = [Take(RED, 20), Take(BLACK, 60, flat=True), Take(BLUE, 20)]
    seen = see(render(tmp_path / "blank.mkv", takes))
    assert [shot.state for shot in seen.shots] == [
        ShotState.LOOKED_AT,
        ShotState.BLANK,
        ShotState.LOOKED_AT,
    ]
    assert [sample.picture is None for sample in seen.samples] == [False, True, False]


def test_a_shot_with_more_samples_than_slots_gets_through(tmp_path: Path) -> None:
    seen = see(render(tmp_path / "long.mkv", [Take(RED, 250)]), long_us=200_000)
    assert len(seen.shots) == 1
    assert len(seen.samples) > 8


def test_the_same_film_gives_the_same_pictures(clip: Path) -> None:
    first, second = see(clip), see(clip)
    for a, b in zip(first.samples, second.samples, strict=True):
        assert np.array_equal(a.picture, b.picture)


def test_a_film_that_is_cut_off_is_not_looked_at_from_there(tmp_path: Path) -> None:
    whole = render(tmp_path / "whole.mkv", [Take(RED, 200), Take(BLUE, 200)])
    cut_off = tmp_path / "cut.mkv"
    cut_off.write_bytes(whole.read_bytes()[: whole.stat().st_size // 3])
    seen = see(cut_off)
    assert seen.shots[-1].state is ShotState.NOT_LOOKED_AT
    assert seen.facts.duration_us == pytest.approx(16_000_000, abs=100_000)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "a playlist, not a film"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "a playlist, not a film"),
        (b"\xef\xbb\xbf\n#EXTM3U\n", "a playlist, not a film"),
        (b"This is a letter to the archive.\n" * 50, "no film that filmdex can read"),
        (bytes(5000), "no film that filmdex can read"),
    ],
)
def test_what_is_no_film_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "no-film.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=reason):
        see(path)


@pytest.mark.parametrize(
    ("hurt", "error", "reason"),
    [
        (signal.SIGSEGV, WorkerError, "crashed \\(SIGSEGV\\)"),
        (signal.SIGKILL, WorkerError, "killed; was the machine out of memory"),
        (signal.SIGXCPU, LimitError, "limits.cpu_seconds"),
        (signal.SIGSTOP, LimitError, "hung: nothing for 2 s"),
    ],
)
def test_a_hurt_child_costs_its_film_and_says_why(
    clip: Path, hurt: signal.Signals, error: type[Exception], reason: str
) -> None:
    with child_on(clip, replace(LIMITS, silence_s=2)) as worker:
        os.kill(worker.pid, hurt)
        with pytest.raises(error, match=reason):
            worker.probed()


def test_a_film_that_takes_too_long_reaches_its_limit(clip: Path) -> None:
    limits = replace(LIMITS, wall_s=0)
    with child_on(clip, limits) as worker, pytest.raises(LimitError, match="wall_seconds"):
        worker.probed()


def test_no_child_outlives_its_film(clip: Path) -> None:
    with child_on(clip) as worker:
        worker.probed()
        pid = worker.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_child_holds_nothing_but_what_it_was_given(clip: Path) -> None:
    with child_on(clip) as worker:
        worker.probed()
        process = Path(f"/proc/{worker.pid}")
        held = {str(link.readlink()) for link in (process / "fd").iterdir()}
        environment = (process / "environ").read_bytes()
    files = {name for name in held if name.startswith("/") and "(deleted)" not in name}
    assert files == {str(clip), "/dev/null"}
    assert b"HOME=" not in environment


def test_memory_is_limited_while_decoding(clip: Path) -> None:
    with child_on(clip, replace(LIMITS, memory_mb=300)) as worker:
        worker.probed()
        limits = Path(f"/proc/{worker.pid}/limits").read_text(encoding="ascii")
    (data,) = [line.split() for line in limits.splitlines() if line.startswith("Max data size")]
    assert data[3:5] == [str(300 * 2**20)] * 2
