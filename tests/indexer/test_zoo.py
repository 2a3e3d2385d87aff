"""The zoo of difficult files: what becomes of each, as a table.

Expected lengths and frame counts are those of ffprobe and ffmpeg where the file is whole; for
damaged ones, what can be decoded.
"""

from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from filmdex.db.errors import MediaError
from filmdex.db.records import Precision, ShotState
from films_seen import see


@dataclass(frozen=True)
class Whole:
    """Seen to its end: frames, length in milliseconds, size as shown, offset of the first frame."""

    frames: int
    length_ms: int
    size: tuple[int, int]
    offset_ms: int = 0
    errors: int = 0


@dataclass(frozen=True)
class Refusal:
    """Refused, in these words."""

    words: str


ZOO: dict[str, Whole | Refusal] = {
    "bbb_720p_30s_vp8.webm": Whole(720, 29_999, (1280, 720), offset_ms=3),
    "bbb_rotated.mp4": Whole(45, 1_875, (1080, 1920), offset_ms=83),
    "city_cc0_mpeg2.mpg": Whole(190, 7_600, (720, 405)),
    "codec_error.mp4": Whole(300, 30_000, (320, 240)),
    "corrupted_decord.mp4": Whole(49, 5_000, (1280, 720), errors=2),
    "cursed_vfr_3026x1386.mp4": Whole(63, 8_726, (3026, 1386)),
    "encrypted_cenc_truncated.mp4": Refusal("encrypted"),
    "goldeneye_vfr_drop3.mp4": Whole(160, 10_010, (1280, 544)),
    "hevc_1080p.mp4": Whole(300, 10_000, (1920, 1080)),
    "megamind_bugy_corrupt.avi": Whole(268, 8_967, (720, 528), offset_ms=33, errors=2),
    "mpeg1_ps.mpeg": Whole(400, 13_347, (960, 540)),
    "no_initial_keyframe.ts": Whole(15, 499, (640, 352), offset_ms=2_136),
    "popcorn_trailer_theora.ogv": Whole(1340, 64_542, (302, 180)),
    "portrait_hevc_10bit.mp4": Whole(90, 3_000, (1080, 1920)),
    "psd_delayed_start.mp4": Whole(24, 960, (480, 320)),
    "psd_fades.mp4": Whole(250, 10_000, (480, 320)),
    "psd_mkv_11streams.mkv": Whole(48, 2_001, (1920, 1080)),
    "raw_mpeg2_es.m2v": Whole(400, 13_347, (960, 540)),
    "vp6_tiny.flv": Whole(174, 17_400, (112, 80)),
    "vp9_no_duration.webm": Whole(74, 4_938, (1280, 720)),
}


def test_the_table_is_of_every_file(shared: Path) -> None:
    assert {path.name for path in (shared / "data/zoo").iterdir()} == set(ZOO)


@pytest.mark.parametrize("name", ZOO)
def test_a_difficult_file(shared: Path, name: str) -> None:
    path = shared / "data/zoo" / name
    match ZOO[name]:
        case Refusal(words):
            with pytest.raises(MediaError, match=words):
                see(path)
        case Whole() as whole:
            seen = see(path)
            facts = seen.facts
            assert facts.frames == whole.frames
            assert facts.duration_us == pytest.approx(whole.length_ms * 1000, abs=1000)
            assert (facts.width, facts.height) == whole.size
            assert facts.container_offset_us == pytest.approx(whole.offset_ms * 1000, abs=1000)
            assert facts.decode_errors == whole.errors
            assert seen.shots[-1].span.end_us == facts.duration_us
            assert ShotState.NOT_LOOKED_AT not in {shot.state for shot in seen.shots}


def test_a_rotated_film_is_looked_at_as_a_player_shows_it(shared: Path) -> None:
    """Its display matrix asks for a quarter turn clockwise (ffprobe: rotation of -90)."""
    path = shared / "data/zoo/bbb_rotated.mp4"
    (sample,) = see(path).samples
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    looked_at = frames[round(sample.sample.time_us * 24 / 1_000_000)]
    turned = cv2.resize(np.rot90(looked_at, -1), (32, 32), interpolation=cv2.INTER_AREA)
    assert sample.picture is not None
    assert np.abs(sample.picture[0].astype(int) - turned).mean() < 2
    assert np.abs(sample.picture[0].astype(int) - np.rot90(turned, 2)).mean() > 4


@pytest.mark.parametrize("name", [name for name, fate in ZOO.items() if isinstance(fate, Whole)])
def test_a_difficult_file_by_keyframes_ends_where_it_ends(shared: Path, name: str) -> None:
    fate = ZOO[name]
    assert isinstance(fate, Whole)
    seen = see(shared / "data/zoo" / name, precision=Precision.KEYFRAMES)
    assert seen.facts.duration_us == pytest.approx(fate.length_ms * 1000, abs=150_000)
    assert seen.shots[-1].span.end_us == seen.facts.duration_us
    assert seen.samples
