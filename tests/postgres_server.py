"""A PostgreSQL cluster of the tests' own: in a temporary folder, on a socket there, and no port.

`initdb` and `postgres` refuse to run as root; for root they run as Debian's user for them.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from filmdex.db.address import Server
from filmdex.db.store import Store

SUPERUSER = "postgres"
TEMPLATE = "filmdex_template"
PATIENCE_S = 60
# Nothing outlives the tests, so that nothing need reach the disk.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")


def programs() -> Path | None:
    """Return the folder of initdb and postgres, the newest if there are several."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return debian[-1].parent if debian else None


@dataclass
class Cluster:
    """A server that runs, and databases on it."""

    folder: Path
    made: int = field(default=0)

    def server(self, database: str) -> Server:
        """Name a database of it."""
        return Server(f"postgresql://{SUPERUSER}@/{database}?host={self.folder}")

    def new(self) -> Server:
        """Make a database that holds an empty library, from a template."""
        self.made += 1
        name = f"library_{self.made}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return self.server(name)

    def empty(self) -> Server:
        """Make a database with nothing in it."""
        self.made += 1
        name = f"empty_{self.made}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        return self.server(name)

    def restored(self, dump: str) -> Server:
        """Make a database of what `pg_dump` wrote of one."""
        made = self.empty()
        with psycopg.connect(made.url, autocommit=True) as connection:
            connection.execute(dump.encode())
        return made

    def drop(self, at: Server) -> None:
        """Remove a database, whoever is still connected to it."""
        name = at.url.partition("@/")[2].partition("?")[0]
        self.ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def ask(self, statement: str, *values: object) -> list[Any]:
        """Ask the server itself, as its superuser."""
        with psycopg.connect(self.server(SUPERUSER).url, autocommit=True) as connection:
            found = connection.execute(statement, values or None)
            return found.fetchall() if found.description else []


def _account() -> str | None:
    """Name who runs the server: Debian's user if this is root, otherwise whoever this is."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"


@contextmanager
def running() -> Iterator[Cluster]:
    """Run a cluster with an empty library to copy, and remove it all at the end."""
    there = programs()
    assert there, "PostgreSQL is not installed"
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="filmdex-postgres-"))
    try:
        if account:
            shutil.chown(folder, account)
        data = folder / "data"
        how = ("-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        subprocess.run(
            [there / "initdb", "-D", data, *how], user=account, cwd=folder, check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        options = [word for one in FAST for word in ("-c", one)]
        with open(folder / "log", "wb") as log:
            process = subprocess.Popen(
                [there / "postgres", "-D", data, "-k", folder, "-h", "", *options],
                user=account,
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        with process:
            cluster = Cluster(folder)
            _wait(cluster, process)
            template = cluster.server(TEMPLATE)
            cluster.ask(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
            Store.open(template).close()
            yield cluster
            process.send_signal(signal.SIGQUIT)
    finally:
        shutil.rmtree(folder)


def _wait(cluster: Cluster, process: "subprocess.Popen[bytes]") -> None:
    ends_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            cluster.ask("SELECT 1")
        except psycopg.OperationalError:
            assert process.poll() is None, (cluster.folder / "log").read_text()
            assert time.monotonic() < ends_s, "PostgreSQL does not start"
            time.sleep(0.05)
        else:
            return
