"""Progress: a bar for people, files for TensorBoard, silence for everything else."""

import io
import struct
from pathlib import Path

import pytest
from filmdex.export.progress import EpochDone, StepDone, bar, in_words, tensorboard, together

STEP, EPOCH = StepDone(1, 9, 0.5), EpochDone(2, 3, {"loss": 0.25, "validation_loss": 0.5})


class Terminal(io.StringIO):
    """What takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("there", "quiet"), [(False, False), (True, True)])
def test_nothing_is_said_where_nobody_looks(
    there: bool, quiet: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = Terminal() if there else io.StringIO()
    monkeypatch.setattr("sys.stderr", stderr)
    with bar("head", quiet) as tell:
        tell(STEP)
        tell(EPOCH)
    assert stderr.getvalue() == ""


def test_a_terminal_shows_epochs_and_losses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stderr = Terminal()
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr("sys.stderr", stderr)
    with bar("fine-tuning") as tell:
        tell(STEP)
        tell(EPOCH)
    for part in ("fine-tuning", "2/3", "loss 0.2500, validation loss 0.5000"):
        assert part in stderr.getvalue()
    assert capsys.readouterr().out == ""


def test_all_watchers_are_told_in_order() -> None:
    told: list[object] = []
    together(told.append, told.append)(EPOCH)
    assert told == [EPOCH, EPOCH]
    assert in_words({"validation_loss": 1.0}) == "validation loss 1.0000"


def test_what_tensorboard_reads_is_scalars(tmp_path: Path) -> None:
    """Each record: length, checksum, the bytes of an Event, checksum (TensorFlow's TFRecord)."""
    tf = pytest.importorskip("tensorflow", reason="the export extra is not installed")
    with tensorboard(tmp_path) as tell:
        tell(STEP)
        tell(EPOCH)
    (path,) = tmp_path.iterdir()
    content, found, at = path.read_bytes(), [], 0
    while at < len(content):
        (length,) = struct.unpack_from("<Q", content, at)
        event = tf.compat.v1.Event.FromString(content[at + 12 : at + 12 + length])
        at += 16 + length
        for value in event.summary.value:
            found.append((event.step, value.tag, float(tf.make_ndarray(value.tensor))))
            assert value.metadata.plugin_data.plugin_name == "scalars"
    assert found == [(2, "loss", 0.25), (2, "validation_loss", 0.5)]
