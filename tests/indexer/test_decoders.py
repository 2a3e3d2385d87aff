"""Which decoder is used: what is named or nothing; what device there is, or software."""

import errno
from pathlib import Path

import av
import numpy as np
import pytest
from av.codec.hwaccel import HWAccel
from clips import BLUE, GREEN, RED, Take, cuts_us, render
from filmdex.db.errors import WorkerError
from filmdex.indexer.decoder_names import DecoderName
from filmdex.indexer.pixels import Scaler
from filmdex.indexer.probe import open_source
from films_seen import see

TAKES = [Take(RED, 30), Take(GREEN, 45), Take(BLUE, 25)]
DEVICES = [DecoderName.CUDA, DecoderName.VAAPI, DecoderName.QSV, DecoderName.VIDEOTOOLBOX]
# What a device's picture may be off after scaling, in levels of 256: FFmpeg's decoders for devices
# and for the processor give the same bits for H.264, HEVC, VP9 and AV1, in another layout.
MOST_OFF = 1


def works(device: DecoderName, film: Path) -> bool:
    """Tell whether a device of this machine decodes a film, without filmdex."""
    try:
        with av.open(str(film), hwaccel=HWAccel(device, allow_software_fallback=False)) as opened:
            return next(opened.decode(video=0)) is not None
    except (OSError, RuntimeError, ValueError):
        return False


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return render(tmp_path / "a.mkv", TAKES, codec="libx264", options={"profile": "main"})


@pytest.mark.parametrize("device", DEVICES)
def test_a_named_decoder_is_used_or_refused_by_name(film: Path, device: DecoderName) -> None:
    if works(device, film):
        assert see(film, decoder=device).facts.codec == f"h264 on {device}"
    else:
        with pytest.raises(WorkerError, match=rf"index.decoder = {device} does not .* software"):
            see(film, decoder=device)


def test_auto_says_what_it_took_and_sees_the_same_film(film: Path) -> None:
    seen, software = see(film, decoder=DecoderName.AUTO), see(film)
    working = {device for device in DEVICES if works(device, film)}
    assert seen.facts.codec in {"h264", *(f"h264 on {device}" for device in working)}
    assert software.facts.codec == "h264"
    assert seen.cuts_us == software.cuts_us == cuts_us(TAKES)
    for ours, theirs in zip(seen.samples, software.samples, strict=True):
        assert ours.picture is not None
        assert theirs.picture is not None
        off = np.abs(ours.picture.astype(int) - theirs.picture)
        assert off.max() <= MOST_OFF


def test_a_film_that_cannot_be_read_is_its_own_fault_whatever_the_decoder(tmp_path: Path) -> None:
    (tmp_path / "a.mkv").write_bytes(b"no film" * 100)
    with pytest.raises(Exception, match="no film that filmdex can read"):
        see(tmp_path / "a.mkv", decoder=DecoderName.CUDA)


@pytest.mark.parametrize("size", [(64, 36), (32, 32)])
def test_the_layout_in_which_devices_give_pictures_makes_no_difference(
    film: Path, size: tuple[int, int]
) -> None:
    """NV12, chroma interleaved, scales to the same pixels as the software decoders' planes."""
    scaler, other = Scaler(*size, "rgb24"), Scaler(*size, "rgb24")
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            off = scaler.pixels(frame).astype(int) - other.pixels(frame.reformat(format="nv12"))
            assert np.abs(off).max() <= MOST_OFF


def test_too_little_memory_to_open_a_film_is_not_held_against_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise av.error.MemoryError(errno.ENOMEM, "Cannot allocate memory")

    film = tmp_path / "film.mkv"
    film.write_bytes(b"never read")
    monkeypatch.setattr(av, "open", refuse)
    with film.open("rb") as file, pytest.raises(MemoryError):
        open_source(file.fileno())
