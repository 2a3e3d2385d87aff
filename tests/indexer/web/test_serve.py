"""`filmdex serve` as a person starts it: the port, TLS, and how it ends."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from clips import RED, Take, render
from commands import FILMDEX, Run, at_home
from filmdex.db.store import Store
from filmdex.indexer.web import server
from page import fill


@pytest.fixture
def home(tmp_path: Path) -> Path:
    clip = render(tmp_path / "Alpha.mp4", [Take(RED, 25)])
    with Store.open(tmp_path / "library.db") as store:
        fill(store, clip)
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    return at_home(home, FILMDEX_DATABASE__PATH=str(home / "library.db"))


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Serve at a free port until the block ends; give where, and the process."""
    environment = {"HOME": str(home), "LANG": "C.UTF-8", "PATH": os.defpath}
    command = [FILMDEX, "serve", "--port", "0", "--database", home / "library.db", *arguments]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        assert process.stderr
        try:
            said = process.stderr.readline()
            assert said.startswith("filmdex: http"), said
            yield said.split()[1].rstrip("/"), process
        finally:
            process.kill()


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_ends_when_it_is_told_to(home: Path, by: signal.Signals) -> None:
    with serving(home) as (there, process):
        assert httpx2.get(f"{there}/healthz").json() == {"status": "ok"}
        assert httpx2.get(f"{there}/api/v1/films").json()["total"]["count"] == 5
        found = httpx2.get(f"{there}/api/v1/films", params={"query": "nudity"}).json()
        assert found["total"]["count"] == 3
        assert httpx2.get(f"{there}/healthz", headers={"Host": "evil.example"}).status_code == 421
        process.send_signal(by)
        assert process.wait(timeout=30) == 0
        assert process.stderr
        assert process.stderr.read() == "filmdex: ended\n"


def test_an_answer_waits_for_no_acknowledgement() -> None:
    with server.listening("127.0.0.1", 0) as sock, socket.create_connection(sock.getsockname()):
        taken, _ = sock.accept()
        with taken:
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_it_speaks_tls_and_wants_a_token(home: Path, run: Run) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate, and is not installed")
    certificate, key = home / "chain.pem", home / "key.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([openssl, *words.split(), *names, *files], check=True, capture_output=True)
    token = run("persons", "add", "Ada", "--role", "reviewer").out.strip()
    given = ("--tls-cert", str(certificate), "--tls-key", str(key))
    with serving(home, *given) as (there, _):
        assert there.startswith("https://")
        context = ssl.create_default_context(cafile=str(certificate))
        name = there.replace("127.0.0.1", "localhost")
        with httpx2.Client(base_url=name, verify=context) as client:
            assert client.get("/api/v1/films").status_code == 401
            headers = {"Authorization": f"Bearer {token}"}
            said = client.get("/api/v1/session", headers=headers).json()
            assert (said["name"], said["role"]) == ("Ada", "reviewer")
            assert "strict-transport-security" in client.get("/healthz").headers


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--host", "0.0.0.0"), 2, "others would read along"),  # noqa: S104  it is refused
        (("--tls-cert", "x.pem"), 2, "go together"),
        (("--tls-cert", "x.pem", "--tls-key", "y.pem"), 2, "no such file"),
        (("--database", "nowhere.db"), 1, "there is no library"),
    ],
)
def test_what_cannot_be_served_is_refused(
    run: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    told = run("serve", "--port", "0", *arguments)
    assert (told.code, said in told.err) == (code, True), told.err


def test_a_port_that_is_taken_is_said_so(home: Path, run: Run) -> None:
    with serving(home) as (there, _):
        told = run("serve", "--port", there.rpartition(":")[2])
    assert told.code == 2
    assert "--port takes another" in told.err


def test_the_api_is_described_without_a_library(tmp_path: Path) -> None:
    told = at_home(tmp_path)("serve", "--describe")
    assert "/api/v1/films" in json.loads(told.out)["paths"]


def test_persons_are_added_listed_renewed_and_removed(run: Run) -> None:
    first = run("persons", "add", "Ada", "--role", "administrator").out
    assert len(first.strip()) >= 43
    again = run("persons", "add", "Ada")
    assert (again.code, "persons renew" in again.err) == (1, True)
    assert run("persons", "renew", "Ada").out not in ("", first)
    listed = json.loads(run("persons", "list", "--json").out)
    assert [(one["name"], one["role"]) for one in listed] == [("Ada", "administrator")]
    assert run("persons", "list").out.split() == ["Name", "Role", "Ada", "administrator"]
    assert run("persons", "remove", "Ada").code == 0
    assert json.loads(run("persons", "list", "--json").out) == []
    assert run("persons", "remove", "Ada").code == 1
    assert run("persons", "add", "a\nb").code == 2
