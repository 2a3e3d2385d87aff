"""Where policies lie: those that ship, the user's own, and any file by its path."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import NamedTemporaryFile

from ...db.errors import PolicyError
from ...db.records import TagFacts
from ...db.vocabulary import nearest
from ..file_mode import usual_mode
from .policy import Policy
from .policy_file import read_policy

SHIPPED = Path(__file__).with_name("policies")
SUFFIX = ".toml"
# A policy is a page of text; what is larger is another file.
LARGEST_BYTES = 1_000_000


class Origin(StrEnum):
    """Whose a policy is."""

    SHIPPED = "shipped"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Shelved:
    """A policy file that can be used by its name (that of the file, without the suffix)."""

    name: str
    path: Path
    origin: Origin


def shelved(own: Path) -> list[Shelved]:
    """List the policies in the folder `own` and those that ship; own ones go before."""
    found: dict[str, Shelved] = {}
    for folder, origin in ((own, Origin.OWN), (SHIPPED, Origin.SHIPPED)):
        for path in sorted(folder.glob(f"[!.]*{SUFFIX}")):
            found.setdefault(path.stem, Shelved(path.stem, path, origin))
    return sorted(found.values(), key=lambda one: one.name)


def locate(name: str, own: Path) -> Path:
    """Find a policy by its name, or by its path.

    Raises PolicyError if there is none.
    """
    listed = shelved(own)
    for one in listed:
        if name == one.name:
            return one.path
    path = Path(name).expanduser()
    if path.is_file():
        return path
    near = nearest(name, [one.name for one in listed])
    hint = f" (near: {', '.join(near)})" if near else ""
    raise PolicyError(
        f"no policy {name!r}{hint}: neither a file nor a name; `filmdex policy list` lists them"
    )


def load(path: Path, tags: Sequence[TagFacts]) -> Policy:
    """Read a policy file. Raises PolicyError with every mistake in it, or why it is none."""
    return read_policy(text_of(path), str(path), tags)


def text_of(path: Path) -> str:
    """Return a policy's text. Raises PolicyError if it is none, or cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
        if len(data) > LARGEST_BYTES:
            raise PolicyError(f"{path}: over {LARGEST_BYTES} bytes; a policy is a page of TOML")
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror}") from error


def save(name: str, text: str, own: Path) -> Path:
    """Write a policy's text into the folder `own`, in place of what was there; return its path.

    Raises PolicyError if the name cannot be a file's, or it cannot be written.
    """
    _refuse_name(name)
    path = own / f"{name}{SUFFIX}"
    try:
        own.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=own, encoding="utf-8", newline="", delete=False) as file:
            file.write(text)
        Path(file.name).chmod(usual_mode())
        Path(file.name).replace(path)
    except OSError as error:
        raise PolicyError(f"{path}: cannot be written: {error.strerror}") from error
    return path


def make_new(name: str, start_from: str, own: Path) -> Path:
    """Copy a policy into the folder `own` under a new name; return its path.

    Raises PolicyError if the name is taken, or cannot be a file's.
    """
    _refuse_name(name)
    text = text_of(locate(start_from, own))
    path = own / f"{name}{SUFFIX}"
    try:
        own.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError as error:
        raise PolicyError(f"{path}: is there already; choose another name") from error
    except OSError as error:
        raise PolicyError(f"{path}: cannot be written: {error.strerror}") from error
    return path


def _refuse_name(name: str) -> None:
    if not name or name.startswith(".") or "/" in name or "\0" in name:
        raise PolicyError(f"{name!r} cannot be a policy's name: it becomes a file's")
