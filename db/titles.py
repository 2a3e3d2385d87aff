"""What a film is called, and of which year it is, by the name of its file."""

import re
from pathlib import PurePath

from .folding import fold
from .records import show_path

FIRST_YEAR, LAST_YEAR = 1888, 2099  # the oldest film that is left is of 1888
_YEAR = r"(?:18(?:8[89]|9\d)|19\d\d|20\d\d)"
_BRACKETED = re.compile(rf"[(\[]({_YEAR})[)\]]")
_DATED = re.compile(rf"(?<!\d)({_YEAR})[-_.](?:0[1-9]|1[0-2])[-_.](?:0[1-9]|[12]\d|3[01])(?!\d)")
# A word of its own, not the first one (that is the title: "2001 a space odyssey"), and not the
# width of a picture ("1920 1080").
_BARE = re.compile(rf"(?<=[\s._-])({_YEAR})(?![\w])(?![\s._-]+\d{{3,4}}(?![\dpi]))")


def named_after(path: bytes) -> dict[str, object]:
    """Return the columns of a film that are told by where it lies."""
    shown = show_path(path)
    title = PurePath(shown).stem
    return {"title": title, "title_folded": fold(title), "year": year_of(shown)}


def year_of(shown: str) -> int | None:
    """Read a film's year from its path: `Film (1968).mkv`, `Film.1968.1080p.mkv`, `Film (1968)/`.

    In brackets in the title, as a part of a date, the last bare one, in brackets in the name of the
    folder: whichever comes first. None if there is none.
    """
    path = PurePath(shown)
    for pattern, text in (
        (_BRACKETED, path.stem),
        (_DATED, path.stem),
        (_BARE, path.stem),
        (_BRACKETED, path.parent.name),
    ):
        if years := pattern.findall(text):
            return int(years[-1])
    return None
