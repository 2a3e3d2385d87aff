"""Changing one setting in the user's own file, with its comments and all else left as they are."""

import os
import tempfile
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from ..db.errors import ConfigError


def write_setting(path: Path, section: str, key: str, value: str) -> None:
    """Set `[section] key = value` in a TOML file, which is made if it is not there.

    The new file takes the old one's place in one step. Raises ConfigError if the file is no TOML,
    or cannot be written.
    """
    real = Path(os.path.realpath(path))  # what a link points to is what changes
    try:
        text = real.read_bytes().decode("utf-8") if real.exists() else ""
        document = tomlkit.parse(text)
        table = document.get(section)
        if table is None:
            table = document[section] = tomlkit.table()
        if not isinstance(table, Table):
            raise ConfigError(f"{path}: {section} is a section, not a value")
        table[key] = value
        _replace(real, tomlkit.dumps(document))
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(mode)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
