"""Two runtimes in one environment overwrite each other; one is needed."""

import pytest
from filmdex.db.errors import FilmdexError
from filmdex.indexer.health import RUNTIMES, installed, one_runtime


def test_one_runtime_is_fine() -> None:
    assert one_runtime([("onnxruntime", "1.30")]) == "onnxruntime 1.30"
    assert one_runtime(list(installed(RUNTIMES))).startswith("onnxruntime")


def test_two_runtimes_are_named_with_the_remedy() -> None:
    with pytest.raises(FilmdexError, match=r"onnxruntime and onnxruntime-gpu .* pip uninstall"):
        one_runtime([("onnxruntime", "1.30"), ("onnxruntime-gpu", "1.30")])


def test_none_is_said_to_be_none() -> None:
    with pytest.raises(FilmdexError, match="not installed"):
        one_runtime([])
