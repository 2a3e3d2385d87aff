"""The pictures that the default model is trained on, with all that is known of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..db.errors import ModelError
from .picture_notes import Note, Notes
from .pictures import Picture, PictureSet, read_set
from .vocabulary import Vocabulary

DRAWN = "Animation"


def read(folder: Path, vocabulary: Vocabulary, notes: Notes) -> PictureSet:
    """Read the pictures under `folder` and say of them what the notes say.

    Raises ModelError as `read_set` does, and for a note on a picture that is not there.
    """
    plain = read_set(folder, vocabulary, notes.rules)
    names = [picture.path.relative_to(folder).as_posix() for picture in plain.pictures]
    if missing := notes.pictures.keys() - set(names):
        raise ModelError(f"{folder}: there is a note on {min(missing)}, which is not there")
    noted = (
        said(picture, notes.pictures[name]) if name in notes.pictures else picture
        for name, picture in zip(names, plain.pictures, strict=True)
    )
    return replace(plain, pictures=tuple(noted))


def said(picture: Picture, note: Note) -> Picture:
    """Return the picture with a note's columns added; what its folders say stays."""
    columns = picture.columns | note.shows
    unsettled = (picture.unsettled | note.unsettled) - columns
    return replace(picture, columns=columns, unsettled=unsettled)


def styles(chosen: PictureSet, vocabulary: Vocabulary) -> npt.NDArray[np.bool_]:
    """Return `(N,) bool`: whether a picture is drawn or rendered, or may be."""
    drawn = vocabulary.column(DRAWN)
    return np.array([drawn in p.columns | p.unsettled for p in chosen.pictures], np.bool_)
