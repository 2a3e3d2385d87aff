"""Finding the cuts of a film: a finder sees every frame, small, and tells where shots begin."""

from typing import Protocol

from .cuts_found import Found
from .cuts_method import CutMethod
from .cuts_view import View
from .pixels_type import Pixels


class CutFinder(Protocol):
    """Is shown every frame in order and answers with what it found, at most `lag` frames late."""

    @property
    def lag(self) -> int:
        """How many frames after a shot's first one the answer may come."""
        ...

    @property
    def shown(self) -> int:
        """How many of the film's frames a network was shown so far."""
        ...

    @property
    def view(self) -> View:
        """How it is shown a frame."""
        ...

    def feed(self, number: int, time_us: int, thumbnail: Pixels) -> list[Found]:
        """Show frame `number`, `(H, W, 3) uint8` as in `view`; return what is found by now."""
        ...

    def rest(self) -> list[Found]:
        """Return what is found when the film has ended."""
        ...


def find_cuts(method: CutMethod) -> CutFinder:
    """Give the finder of a method, ready for a film's first frame.

    What a method needs is loaded with it: PySceneDetect takes as long as seconds of film.
    """
    match method:
        case CutMethod.ADAPTIVE:
            from .cuts_scenedetect import adaptive

            return adaptive()
        case CutMethod.CONTENT:
            from .cuts_scenedetect import content

            return content()
        case CutMethod.HYBRID:
            from .cuts_hybrid import hybrid
            from .cuts_network import shipped

            return hybrid(shipped)
        case CutMethod.TRANSNET:
            from .cuts_hybrid import everywhere
            from .cuts_network import shipped

            return everywhere(shipped)
