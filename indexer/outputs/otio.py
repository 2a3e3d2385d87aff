"""OpenTimelineIO: the film as one clip, with a marker for each span. Needs the extra [editors]."""

from pathlib import Path

from ...db.errors import OutputError
from ..moderation.documents import span_row
from ..moderation.policy import Action
from .cutlist import CutList, said
from .editors import rate_of
from .text import line
from .timecode import frames_of

COLOURS = {
    Action.SKIP: "RED",
    Action.BLOCK: "RED",
    Action.MUTE: "YELLOW",
    Action.BLUR: "ORANGE",
    Action.REVIEW: "PURPLE",
}


def write(cuts: CutList) -> bytes:
    """Write a timeline as OTIO's JSON.

    Raises OutputError without the library, or if the film's frame rate is not constant.
    """
    try:
        import opentimelineio as otio
    except ImportError as error:
        raise OutputError(
            "OpenTimelineIO is not installed; `pip install 'filmdex[editors]'` brings it"
        ) from error
    rate = rate_of(cuts)

    def time(frame: int) -> otio.opentime.RationalTime:
        return otio.opentime.RationalTime(frame, float(rate))

    def stretch(first: int, after: int) -> otio.opentime.TimeRange:
        return otio.opentime.TimeRange(time(first + cuts.start_frame), time(after - first))

    whole = stretch(*frames_of(cuts.film, rate))
    name = line(cuts.verdict.film.title)
    clip = otio.schema.Clip(
        name=name,
        media_reference=otio.schema.ExternalReference(
            target_url=Path(_text(cuts.path)).as_uri(), available_range=whole
        ),
        source_range=whole,
    )
    for found in cuts.spans:
        clip.markers.append(
            otio.schema.Marker(
                name=line(f"{found.action.value} {found.tag}"),
                marked_range=stretch(*frames_of(found.span, rate)),
                color=COLOURS[found.action],
                comment=line(said([found])),
                metadata={"filmdex": span_row(found)},
            )
        )
    track = otio.schema.Track(name="filmdex", kind=otio.schema.TrackKind.Video)
    track.append(clip)
    timeline = otio.schema.Timeline(name=name, global_start_time=time(cuts.start_frame))
    timeline.tracks.append(track)
    timeline.metadata["filmdex"] = {
        "verdict": cuts.verdict.outcome.value,
        "policy": line(cuts.verdict.policy.name),
        "policy_digest": cuts.verdict.policy.digest,
    }
    written: str = otio.adapters.write_to_string(timeline, "otio_json")
    return written.encode() + b"\n"


def _text(path: bytes) -> str:
    # A URL holds bytes, percent-encoded: as_uri gives back what surrogateescape took.
    return path.decode("utf-8", "surrogateescape")
