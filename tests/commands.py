"""The installed command, as a person or a script runs it: in a home of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FILMDEX = Path(sys.executable).with_name("filmdex")


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


def at_home(home: Path, **always: str) -> Run:
    """Return what runs `filmdex ARGUMENTS` with a home folder, and nothing else of this machine."""

    def run(*arguments: str | Path, **environment: str) -> Said:
        done = subprocess.run(
            [FILMDEX, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={
                "HOME": str(home),
                "LANG": "C.UTF-8",
                "PATH": os.defpath,
                **always,
                **environment,
            },
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run
