"""`filmdex serve` as a process of its own on a library, and Debian's Chromium to look at it."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from commands import FILMDEX

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Nothing but the page is looked up, so that no test waits for a network.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
# Names the folder that pictures of every page are put into, to be looked at by people.
PICTURES = "PAGE_SCREENSHOTS"


@contextmanager
def serving(
    home: Path, database: Path, policies: Path, settings: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Serve a library until the block ends; gives the page's address.

    `settings` are further variables of its environment.
    """
    environment = {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LOGNAME": "ada",
        "PATH": os.defpath,
        "FILMDEX_POLICY__FOLDER": str(policies),
        **(settings or {}),
    }
    process = subprocess.Popen(
        [FILMDEX, "serve", "--port", "0", "--database", database],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert process.stderr
        told = process.stderr.readline()
        found = re.search(r"http://\S+", told)
        assert found, told + process.stderr.read()
        yield found[0].rstrip("/")
    finally:
        process.terminate()
        process.communicate(timeout=20)
