"""Films indexed on several hosts, whatever becomes of those: the library that one machine makes."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from clips import BLUE, GREEN, RED, Take, render
from daemons import ask, environment, stored, wait_until
from ray_nodes import DECODER, ENVIRONMENT, HELPER, LOOKING, Nodes, below, kill, nodes

pytest.importorskip("ray", reason="Ray is not here (filmdex[cluster])")

FILMDEX = Path(sys.executable).with_name("filmdex")
PATIENCE_S = 180
TAKES = [Take(RED, 20), Take(GREEN, 25), Take(BLUE, 22)]
# Long enough for something to happen meanwhile: a stretch is stored every 64 shots.
LONG = [Take(((220, 30, 30), (30, 220, 30), (30, 30, 220))[n % 3], 35 + n % 7) for n in range(150)]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for n in range(3):
        render(folder / f"film {n}.mkv", TAKES[n:] + TAKES * 2)
    return folder


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(tmp_path_factory.mktemp("long") / "long.mkv", LONG)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    with nodes() as begun:
        yield begun


@pytest.fixture(scope="module")
def long_alone(
    long_film: Path, tmp_path_factory: pytest.TempPathFactory, bundle_path: Path
) -> dict[str, list[Any]]:
    """What one machine makes of the long film."""
    return stored_alone(long_film, tmp_path_factory.mktemp("alone"), bundle_path)


@contextmanager
def indexing(paths: Path, env: Mapping[str, str], *more: str) -> Iterator[subprocess.Popen[str]]:
    command = [FILMDEX, "index", paths, *more]
    with subprocess.Popen(command, env=dict(env), stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def indexed(paths: Path, env: Mapping[str, str], *more: str) -> str:
    """Index to the end; return what was said."""
    with indexing(paths, env, *more) as process:
        _, said = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, said
    return said


def at_home(home: Path, bundle_path: Path) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    return environment(home, bundle_path) | ENVIRONMENT


@pytest.fixture
def env(tmp_path: Path, bundle_path: Path) -> dict[str, str]:
    return at_home(tmp_path / "driver", bundle_path)


def stored_alone(paths: Path, home: Path, bundle_path: Path) -> dict[str, list[Any]]:
    env = at_home(home, bundle_path)
    indexed(paths, env)
    return stored(env)


def shots(env: Mapping[str, str]) -> int:
    found = ask(env, "SELECT count(*) FROM shot")
    return int(found[0][0]) if found else 0


def assert_once(env: Mapping[str, str], films: int) -> None:
    assert ask(env, "SELECT state, count(*) FROM job GROUP BY state") == [("indexed", films)]
    assert ask(env, "SELECT state, count(*) FROM index_run GROUP BY state") == [("complete", films)]


def test_two_hosts_that_lack_the_model_make_the_library_that_one_machine_makes(
    cluster: Nodes, films: Path, env: dict[str, str], tmp_path: Path, bundle_path: Path
) -> None:
    homes = [tmp_path / "one", tmp_path / "two"]
    hosts = [cluster.add(XDG_DATA_HOME=str(home), HOME=str(home)) for home in homes]
    try:
        indexed(films, env, "--engine", "ray", "--address", cluster.address)
    finally:
        for host in hosts:
            cluster.kill(host)
    assert_once(env, 3)
    assert stored(env) == stored_alone(films, tmp_path / "alone", bundle_path)
    assert all(list(home.glob("filmdex/models/colours/1/model.json")) for home in homes)


@pytest.mark.long
def test_a_host_that_dies_in_the_middle_loses_nothing(
    cluster: Nodes, long_film: Path, env: dict[str, str], long_alone: dict[str, list[Any]]
) -> None:
    hosts = [cluster.add(), cluster.add()]
    try:
        on = ("--engine", "ray", "--address", cluster.address)
        with indexing(long_film, env, *on) as process:
            wait_until(lambda: shots(env) > 0 or process.poll() is not None)
            (at_work,) = [host for host in hosts if below(host, DECODER)]
            cluster.kill(at_work)
            hosts.remove(at_work)
            _, said = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, said
    finally:
        for host in hosts:
            cluster.kill(host)
    assert "lost its host" in said
    assert_once(env, 1)
    assert stored(env) == long_alone


@pytest.mark.long
def test_an_actor_that_looks_is_begun_anew_when_its_process_dies(
    cluster: Nodes, long_film: Path, env: dict[str, str], long_alone: dict[str, list[Any]]
) -> None:
    host = cluster.add()
    try:
        on = ("--engine", "ray", "--address", cluster.address)
        with indexing(long_film, env, *on) as process:
            wait_until(lambda: bool(below(host, DECODER)), process)
            (looking,) = below(host, LOOKING)
            kill(looking)
            _, said = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, said
    finally:
        cluster.kill(host)
    assert_once(env, 1)
    assert stored(env) == long_alone


@pytest.mark.long
def test_a_driver_that_was_killed_is_followed_by_one_that_goes_on(
    cluster: Nodes, long_film: Path, env: dict[str, str], long_alone: dict[str, list[Any]]
) -> None:
    host = cluster.add()
    try:
        on = ("--engine", "ray", "--address", cluster.address)
        with indexing(long_film, env, *on) as process:
            wait_until(lambda: shots(env) > 0, process)
            process.kill()
        assert 0 < shots(env) < len(LONG)
        wait_until(lambda: not below(host, DECODER))
        indexed(long_film, env, *on)
    finally:
        cluster.kill(host)
    assert_once(env, 1)
    assert stored(env) == long_alone


@pytest.mark.long
@pytest.mark.parametrize("dies", [False, True])
def test_one_film_decoded_by_several_hosts_is_the_same_even_if_one_dies(
    cluster: Nodes,
    long_film: Path,
    env: dict[str, str],
    long_alone: dict[str, list[Any]],
    dies: bool,
) -> None:
    hosts = [cluster.add() for _ in range(3)]
    try:
        on = ("--engine", "ray", "--address", cluster.address, "--workers", "3")
        with indexing(long_film, env, *on) as process:
            wait_until(lambda: any(below(host, HELPER) for host in hosts), process)
            if dies:
                # At once: a host whose part is through is not missed.
                helping = next(host for host in hosts if below(host, HELPER))
                cluster.kill(helping)
                hosts.remove(helping)
            _, said = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, said
    finally:
        for host in hosts:
            cluster.kill(host)
    assert ("lost its host" in said) == dies
    assert_once(env, 1)
    assert stored(env) == long_alone


@pytest.mark.long
def test_pictures_go_to_hosts_with_gpus_and_to_those_that_are_left(
    cluster: Nodes, env: dict[str, str], tmp_path: Path, bundle_path: Path
) -> None:
    """Three films on three hosts: that without a GPU has its pictures looked at by the others."""
    films = tmp_path / "films"
    films.mkdir()
    for n in range(3):
        render(films / f"film {n}.mkv", LONG[n:])
    hosts = [cluster.add(), cluster.add(gpus=1), cluster.add(gpus=1)]
    on = ("--engine", "ray", "--address", cluster.address, "--provider", "cpu")
    try:
        with indexing(films, env, *on) as process:
            wait_until(lambda: all(below(host, DECODER) for host in hosts), process)
            assert [len(below(host, LOOKING)) for host in hosts] == [0, 1, 1]
            wait_until(lambda: shots(env) > 0, process)
            cluster.kill(hosts.pop())
            _, said = process.communicate(timeout=2 * PATIENCE_S)
        assert process.returncode == 0, said
    finally:
        for host in hosts:
            cluster.kill(host)
    assert_once(env, 3)
    assert stored(env) == stored_alone(films, tmp_path / "alone", bundle_path)
