"""What does not fit in is named: the address, or the host."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clips import BLUE, RED, Take, render
from commands import Run, Said, at_home
from daemons import wait_until
from filmdex.db.errors import ClusterError, ModelError
from filmdex.indexer import bundle
from filmdex.indexer.cluster import hosts
from filmdex.indexer.cluster.hosts import HostFacts
from ray_nodes import ENVIRONMENT, Nodes, nodes

ray = pytest.importorskip("ray", reason="Ray is not here (filmdex[cluster])")


@pytest.fixture
def run(tmp_path: Path, bundle_path: Path) -> Run:
    home = tmp_path / "driver"
    home.mkdir()
    return at_home(home, FILMDEX_MODEL__BUNDLE=str(bundle_path), **ENVIRONMENT)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    with nodes() as begun:
        yield begun


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    render(folder / "film.mkv", [Take(RED, 20), Take(BLUE, 20)])
    return folder


def on(run: Run, films: Path, address: str) -> Said:
    return run("index", films, "--engine", "ray", "--address", address)


def test_nobody_at_the_address(run: Run, films: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = f"127.0.0.1:{server.getsockname()[1]}"
    said = on(run, films, free)
    assert said.code == 1
    assert f"no Ray cluster at {free}" in said.err
    assert "ray start --head" in said.err


@pytest.mark.parametrize("address", ["somewhere", "ray://host:10001", "host:port", ":6379"])
def test_an_address_that_is_none(address: str) -> None:
    from filmdex.indexer.cluster.connecting import connected

    with (
        pytest.raises(ClusterError, match=f"--address {address}: not HOST:PORT"),
        connected(address),
    ):
        raise AssertionError


def test_somebody_else_at_the_address(run: Run, films: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        said = on(run, films, address)
    assert said.code == 1
    assert f"what answers at {address} is no Ray cluster" in said.err


def test_an_address_without_the_engine_is_a_mistake(run: Run, films: Path) -> None:
    said = run("index", films, "--address", "host:6379")
    assert said.code == 2
    assert "--engine ray" in said.err


def test_without_ray_the_command_says_what_to_install(
    tmp_path: Path, bundle_path: Path, films: Path
) -> None:
    arguments = ["filmdex", "index", str(films), "--engine", "ray"]
    program = (
        "import sys; sys.modules['ray'] = None; "
        f"sys.argv = {arguments}; from filmdex.indexer.cli.main import main; main()"
    )
    env = {"HOME": str(tmp_path), "FILMDEX_MODEL__BUNDLE": str(bundle_path)}
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert said.stderr == "filmdex: --engine ray needs Ray; install filmdex[cluster]\n"


def test_hosts_with_other_versions_are_named_with_the_difference() -> None:
    ours = {"Python": "3.12", "filmdex": "1.0", "av": "17.0"}
    fits = HostFacts("a", ours, has_bundle=True)
    hosts.refuse_others(ours, [fits])
    others = [fits, HostFacts("b", ours | {"av": "16.1"}, True), HostFacts("c", {}, False)]
    with pytest.raises(ClusterError) as caught:
        hosts.refuse_others(ours, others)
    assert "host b has av 16.1, not 17.0" in str(caught.value)
    assert "host c has filmdex missing, not 1.0" in str(caught.value)
    assert "host a" not in str(caught.value)


def test_a_host_with_another_filmdex_is_refused_by_name(
    cluster: Nodes, run: Run, films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Python looks where it is begun before all else, and a build leaves its own name in a clone.
    monkeypatch.chdir(tmp_path)
    about = tmp_path / "other" / "filmdex-9.9.dist-info" / "METADATA"
    about.parent.mkdir(parents=True)
    about.write_text("Metadata-Version: 2.1\nName: filmdex\nVersion: 9.9\n", encoding="ascii")
    host = cluster.add(PYTHONPATH=str(tmp_path / "other"))
    try:
        said = on(run, films, cluster.address)
    finally:
        cluster.kill(host)
    assert said.code == 1
    assert f"host {socket.gethostname()} has filmdex 9.9, not " in said.err


@pytest.mark.long
def test_a_host_with_less_gpus_than_an_actor_takes(cluster: Nodes, run: Run, films: Path) -> None:
    host = cluster.add()
    try:
        said = run(
            "index", films, "--engine", "ray", "--address", cluster.address, "--gpus-per-actor", "1"
        )
    finally:
        cluster.kill(host)
    assert said.code == 1
    assert "no host has 1 GPUs" in said.err


@pytest.mark.long
def test_a_host_without_the_provider_is_named(cluster: Nodes, run: Run, films: Path) -> None:
    host = cluster.add()
    on = ("--engine", "ray", "--address", cluster.address, "--provider", "coreml")
    try:
        said = run("index", films, *on)
    finally:
        cluster.kill(host)
    assert said.code == 1
    assert f"host {socket.gethostname()}: provider coreml is not in this ONNX Runtime" in said.err


# -- a root that is not mounted ----------------------------------------------------------------


@contextmanager
def host_without(folder: Path, address: str) -> Iterator[None]:
    """Add a host on which a folder is empty, in a mount namespace of its own."""
    begin = (
        f"mount -t tmpfs none {folder} && exec {sys.executable} -m ray.scripts.scripts start "
        f"--address {address} --num-cpus 1 --block --disable-usage-stats"
    )
    command = ["unshare", "--mount", "sh", "-c", begin]
    env = {**os.environ, **ENVIRONMENT}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=env, stdout=quiet, stderr=quiet) as process:
        try:
            yield
        finally:
            process.terminate()


def can_unshare() -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"],
        capture_output=True,
        check=False,
    )
    return tried.returncode == 0


@pytest.mark.skipif(not can_unshare(), reason="mount namespaces are not to be had here")
@pytest.mark.long
def test_a_host_that_lacks_the_root_is_named_and_another_takes_the_film(
    cluster: Nodes, run: Run, films: Path
) -> None:
    with host_without(films, cluster.address):
        said = until_it_works(cluster, run, films)
        assert said.code == 1
        assert f"no host sees it (host {socket.gethostname()}: " in said.err
        assert "No such file or directory" in said.err
        assert "mount its folder" in said.err
        host = cluster.add()
        try:
            said = on(run, films, cluster.address)
        finally:
            cluster.kill(host)
    assert said.code == 0, said.err
    assert "1 indexed" in said.err


def until_it_works(cluster: Nodes, run: Run, films: Path) -> Said:
    """Index until the host is there: it takes its time to join."""
    said: list[Said] = []

    def answered() -> bool:
        said.append(on(run, films, cluster.address))
        return "no host with processors" not in said[-1].err

    wait_until(answered)
    return said[-1]


@pytest.mark.long
def test_a_root_lies_where_each_host_says(
    cluster: Nodes, run: Run, films: Path, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    host = cluster.add(FILMDEX_ROOTS__ARCHIVE__PATH=str(there))
    on = ("--engine", "ray", "--address", cluster.address)
    named = {"FILMDEX_ROOTS__ARCHIVE__PATH": str(films)}
    try:
        said = run("index", films, *on, **named)
        assert said.code == 1
        where = f"root archive is not mounted at {there} on host {socket.gethostname()}"
        assert where in said.err
        shutil.copy(films / "film.mkv", there)
        said = run("index", films, *on, **named)
    finally:
        cluster.kill(host)
    assert said.code == 0, said.err
    assert "1 indexed" in said.err


# -- the model ---------------------------------------------------------------------------------


def test_a_host_keeps_the_model_that_it_was_sent(bundle_path: Path) -> None:
    chosen = bundle.load(bundle_path)
    assert not hosts.about(chosen.digest).has_bundle
    kept = hosts.bundle_here(chosen.digest, hosts.files_of(chosen))
    assert kept.digest == chosen.digest
    assert kept.path.is_relative_to(bundle.installed_folder())
    assert hosts.about(chosen.digest).has_bundle
    assert hosts.bundle_here(chosen.digest, None) == kept


@pytest.mark.parametrize("name", ["model.json", "backbone.onnx"])
def test_a_model_that_arrives_damaged_is_not_kept(bundle_path: Path, name: str) -> None:
    chosen = bundle.load(bundle_path)
    sent = dict(hosts.files_of(chosen))
    sent[name] = sent[name].replace(b"a", b"b", 1)
    with pytest.raises(ClusterError, match=f"host {socket.gethostname()} cannot take the model"):
        hosts.bundle_here(chosen.digest, sent)
    assert not hosts.about(chosen.digest).has_bundle


def test_a_host_without_the_model_says_so(bundle_path: Path) -> None:
    with pytest.raises(ClusterError, match="has lost model"):
        hosts.bundle_here(bundle.load(bundle_path).digest, None)


def test_a_broken_model_in_the_store_is_passed_over(bundle_path: Path) -> None:
    broken = bundle.installed_folder() / "other" / "1"
    broken.mkdir(parents=True)
    (broken / "model.json").write_text("{", encoding="ascii")
    with pytest.raises(ModelError):
        bundle.load(broken)
    assert not hosts.about(bundle.load(bundle_path).digest).has_bundle
