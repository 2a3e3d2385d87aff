"""What is kept of an optimised graph, and when it is believed."""

import os
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from filmdex.db.errors import ModelError
from filmdex.indexer import warm
from filmdex.indexer.bundle import golden_input, load, locate
from filmdex.indexer.sessions import Provider, open_session


def kept() -> list[Path]:
    return sorted(warm.kept_graphs().iterdir())


def keep(key: str, graph: bytes) -> None:
    with warm.keeping(key) as path:
        assert path is not None
        path.write_bytes(graph)


def test_an_optimised_graph_gives_the_same_answers_to_the_last_bit() -> None:
    bundle = load(locate("default"))
    card = bundle.card
    pictures = golden_input(card.input)
    for name in (card.backbone.file, *(expert.file for expert in card.experts)):
        path, digest = bundle.path / name, card.files[name]
        plain = open_session(path, Provider.CPU, 1).run(pictures)
        for _ in ("optimised and kept", "as it was kept"):
            assert np.array_equal(open_session(path, Provider.CPU, 1, digest).run(pictures), plain)
    assert len(kept()) == 1 + len(card.experts)


def test_what_is_kept_is_what_is_opened(bundle_path: Path, tmp_path: Path) -> None:
    """The file itself is not read again: here it is gone."""
    graph = tmp_path / "head.onnx"
    graph.write_bytes((bundle_path / "head.onnx").read_bytes())
    open_session(graph, Provider.CPU, 1, "its digest")
    graph.unlink()
    open_session(graph, Provider.CPU, 1, "its digest")
    with pytest.raises(ModelError):
        open_session(graph, Provider.CPU, 1, "another digest")


def test_one_byte_that_changed_makes_it_worthless() -> None:
    keep("key", b"a graph")
    (path,) = kept()
    assert warm.read("key") == b"a graph"
    for damaged in (path.read_bytes().replace(b"graph", b"grave"), b"", path.read_bytes()[:-1]):
        path.write_bytes(damaged)
        assert warm.read("key") is None
        keep("key", b"a graph")
        assert warm.read("key") == b"a graph"


@pytest.mark.parametrize("mode", [0o720, 0o702])
def test_nothing_is_believed_where_others_can_write(mode: int) -> None:
    keep("key", b"a graph")
    (path,) = kept()
    path.chmod(mode)
    assert warm.read("key") is None
    path.chmod(0o600)
    warm.kept_graphs().chmod(mode)
    assert warm.read("key") is None
    with warm.keeping("other") as place:
        assert place is None


def test_a_folder_that_cannot_be_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    with warm.keeping("key") as place:
        assert place is None
    assert warm.read("key") is None


def test_where_the_runtime_cannot_write_a_graph_is_opened_all_the_same(
    bundle_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk: /dev/full takes nothing."""
    monkeypatch.setattr(warm, "keeping", lambda _: nullcontext(Path("/dev/full")))
    open_session(bundle_path / "head.onnx", Provider.CPU, 1, "its digest")


def test_what_was_not_written_to_the_end_is_not_there() -> None:
    def interrupted() -> None:
        with warm.keeping("key") as path:
            assert path is not None
            path.write_bytes(b"half a gr")
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert kept() == []


def test_another_runtime_or_graph_has_another_key() -> None:
    keys = {warm.key_of(d, r) for d in ("a", "b") for r in (ort.__version__, "0.1")}
    assert len(keys) == 4
