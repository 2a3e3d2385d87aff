"""A new folder, written beside its place and renamed: it is there whole, or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..db.durable import flush
from ..db.errors import ModelError


@contextmanager
def beside(output: Path, *, replacing: bool = False) -> Iterator[Path]:
    """Give an empty folder that becomes `output` if all goes well, and is removed if not.

    What an attempt that was killed has left is removed by the next. replacing: an `output` that is
    there is kept until then, and makes way in two renames. Raises ModelError if `output` is there
    otherwise, and OSError naming `output` if the disk is full.
    """
    if output.exists() and not replacing:
        raise ModelError(f"{output} exists already; name another folder, or remove it")
    partial = output.with_name(f".{output.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        for path in (*partial.iterdir(), partial):
            flush(path)
        before = output.with_name(f".{output.name}.before")
        shutil.rmtree(before, ignore_errors=True)
        if output.exists():
            output.rename(before)
        partial.rename(output)
        shutil.rmtree(before, ignore_errors=True)
    except OSError as error:
        if error.filename is not None:
            raise
        # Writing knows no name, and "no space left" without one helps nobody.
        raise OSError(error.errno, error.strerror or str(error), str(output)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
