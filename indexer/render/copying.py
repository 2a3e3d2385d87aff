"""A censored copy of a film: planned from a cut list, made in a child; whole, or not at all."""

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...db.errors import OutputError
from ...db.records import Span, show_path
from ..file_mode import usual_mode
from ..moderation.policy import Action
from ..moderation.spans import union, without
from ..moderation.verdict import Outcome
from ..outputs.cutlist import CutList
from ..worker import Limits
from .original import original
from .parent import run_child
from .plan import Cover, Plan

CHILD = f"{__package__}.copy_child"
WHY_UNDECIDED = {
    Outcome.REVIEW: "people have to look first (`filmdex review`)",
    Outcome.PROVISIONAL: "only its keyframes were looked at; index it exactly (`filmdex index`)",
    Outcome.UNKNOWN: "not all of it is known",
}
CONTAINERS = {".mkv": "matroska", ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov"}


@dataclass(frozen=True, slots=True)
class Copied:
    """What came of a copy; `encoded` is how many of its frames were encoded anew."""

    frames: int
    removed_us: int
    dropped_captions: int
    encoded: int


def plan_of(cuts: CutList, cover: Cover) -> Plan:
    """Plan a copy. Raises OutputError if the verdict is not one that a copy could carry out."""
    verdict = cuts.verdict
    if verdict.outcome is Outcome.BLOCKED:
        raise OutputError(f"{verdict.film.title}: blocked; there is no copy that could be shown")
    if not verdict.outcome.decided:
        why = "; ".join(verdict.reasons[:3]) or WHY_UNDECIDED[verdict.outcome]
        raise OutputError(
            f"{verdict.film.title}: {verdict.outcome.value}, {why}; a copy would look censored "
            "without being so"
        )

    def of(action: Action) -> list[Span]:
        return union(found.span for found in cuts.spans if found.action is action)

    cut = of(Action.SKIP)
    return Plan(
        tuple(cut),
        tuple(without(of(Action.MUTE), cut)),
        tuple(without(of(Action.BLUR), cut)),
        cover,
    )


def make_copy(
    cuts: CutList,
    cover: Cover,
    to: bytes,
    limits: Limits,
    at_us: Callable[[int], None],
    *,
    smart: bool = False,
) -> Copied:
    """Make a censored copy at the path `to`, which is not there yet.

    A `smart` copy encodes the picture only where its packets cannot be copied, and then compares
    every frame of it with the film's.

    Raises OutputError if the place or the container is no good, FilmChangedError if the file is
    not the film that was indexed, MediaError, LimitError, WorkerError or OSError. However it ends,
    nothing is left of a copy that is not whole.
    """
    plan = plan_of(cuts, cover)
    suffix = os.path.splitext(to)[1].decode("ascii", "replace").lower()  # noqa: PTH122
    if suffix not in CONTAINERS:
        known = ", ".join(CONTAINERS)
        raise OutputError(f"{show_path(to)}: a copy is one of {known}; name it so")
    if os.path.exists(to):  # noqa: PTH110
        raise OutputError(f"{show_path(to)}: is there already; a copy overwrites nothing")
    with original(cuts.path, cuts.verdict.film.fingerprint) as film_fd:
        orders = {
            "cut": _pairs(plan.cut),
            "mute": _pairs(plan.mute),
            "covered": _pairs(plan.covered),
            "cover": plan.cover.value,
            "format": CONTAINERS[suffix],
            "smart": smart,
        }
        return _made(film_fd, orders, to, limits, at_us)


def _made(
    film_fd: int,
    orders: Mapping[str, Any],
    to: bytes,
    limits: Limits,
    at_us: Callable[[int], None],
) -> Copied:
    folder = os.path.dirname(os.path.abspath(to))  # noqa: PTH100, PTH120
    try:
        out_fd, fresh = tempfile.mkstemp(prefix=b".filmdex.", dir=folder)
    except OSError as error:
        why = error.strerror or str(error)
        raise OutputError(f"{show_path(folder)}: {why}; name a copy elsewhere") from error
    told: dict[str, int] = {}

    def heard(words: dict[str, Any]) -> None:
        numbers = {key: value for key, value in words.items() if isinstance(value, int)}
        told.update(numbers)
        if "at_us" in numbers:
            at_us(numbers["at_us"])

    try:
        try:
            run_child(CHILD, film_fd, out_fd, orders, limits, heard)
            os.fsync(out_fd)
            os.fchmod(out_fd, usual_mode())
        finally:
            os.close(out_fd)
        # A link, unlike a rename, never takes the place of what came to be there meanwhile.
        os.link(fresh, to)
    except FileExistsError as error:
        raise OutputError(f"{show_path(to)}: came to be there meanwhile; left alone") from error
    finally:
        os.unlink(fresh)  # noqa: PTH108
    return Copied(
        frames=told.get("frames", 0),
        removed_us=told.get("removed_us", 0),
        dropped_captions=told.get("dropped_captions", 0),
        encoded=told.get("encoded", 0),
    )


def _pairs(spans: tuple[Span, ...]) -> list[list[int]]:
    return [[span.start_us, span.end_us] for span in spans]
