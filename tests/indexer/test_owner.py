"""Whether an owner lives, as far as it can be told from this host."""

import os
import subprocess
import sys

import pytest
from filmdex.indexer import owner
from filmdex.indexer.owner import host_of, lives, this_host, this_process


def changed(place: int, word: str) -> str:
    words = this_process().split(" ")
    words[place] = word
    return " ".join(words)


def test_this_process_lives() -> None:
    assert lives(this_process()) is True
    assert host_of(this_process()) == os.uname().nodename.replace(" ", "-")


def test_a_process_that_ended_does_not() -> None:
    program = "from filmdex.indexer.owner import this_process; print(this_process())"
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert lives(said.stdout.strip()) is False
    # Its number may have been given again.
    assert lives(changed(4, "1")) is False


def test_one_of_another_boot_of_this_host_does_not() -> None:
    assert lives(changed(1, "another-boot")) is False


def test_of_another_host_it_cannot_be_told() -> None:
    _, _, *rest = this_process().split(" ")
    elsewhere = " ".join(["elsewhere/0123456789ab", "boot", *rest])
    assert lives(elsewhere) is None
    assert host_of(elsewhere) == "elsewhere"


def test_of_another_container_it_cannot_be_told() -> None:
    assert lives(changed(2, "pid:[1]")) is None
    assert lives(changed(2, "pid:[1]").replace(this_process().split(" ")[1], "boot")) is False
    # Containers of one host have names of their own, and its boot.
    assert lives(" ".join(["box/0", *changed(2, "pid:[1]").split(" ")[1:]])) is None


@pytest.mark.parametrize("name", ["", "somebody", "a b c d"])
def test_what_names_no_process_does_not_live(name: str) -> None:
    assert lives(name) is False


def test_without_a_machine_id_another_boot_is_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    this_host.cache_clear()
    monkeypatch.setattr(owner, "MACHINE_ID", owner.BOOT_ID.with_name("nothing"))
    before = this_process()
    monkeypatch.setattr(owner, "_boot_id", lambda: "another-boot")
    this_host.cache_clear()
    try:
        assert lives(before) is None
    finally:
        this_host.cache_clear()
