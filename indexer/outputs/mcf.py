"""MovieContentFilter 1.0.0: strict WebVTT whose cues say `category=severity=channel`.

https://www.moviecontentfilter.com/specification?v=1.0.0. The viewer's own settings decide what is
done, so that an action is kept only as the channel: mute is audio, blur is video. A category of the
format stands for each tag; tags that it has none for are "dispensable", with their name as comment.
"""

from ..moderation.policy import Action
from ..moderation.verdict import Affected
from .cutlist import CutList
from .text import clock_ms, line

CATEGORIES = {
    "Violence": "violence",
    "Sword fight": "violence",
    "Bomb explosion": "violence",
    "Murder": "violence",
    "Abduction": "violence",
    "War": "violence",
    "Weapon": "violence",
    "Vehicle crash": "violence",
    "Destruction": "violence",
    "Nudity": "nudity",
    "Sex": "sex",
    "Horror": "fear",
    "Monster": "fear",
    "Smoking": "drugs",
    "Drinking": "drugs",
    "Club/Bar": "drugs",
}
OTHER = "dispensable"
CHANNELS = {Action.MUTE: "audio", Action.BLUR: "video"}


def write(cuts: CutList) -> bytes:
    """Write an MCF file."""
    start, end = cuts.on_player(0), cuts.on_player(cuts.film.end_us)
    blocks = [
        "WEBVTT MovieContentFilter 1.0.0",
        f"NOTE\nSTART {clock_ms(start)}\nEND {clock_ms(end, late=True)}",
    ]
    by_time: dict[tuple[int, int], list[Affected]] = {}
    for found in cuts.spans:
        times = cuts.on_player(found.span.start_us), cuts.on_player(found.span.end_us)
        by_time.setdefault(times, []).append(found)
    for (start_us, end_us), spans in sorted(by_time.items()):
        timing = f"{clock_ms(start_us)} --> {clock_ms(end_us, late=True)}"
        blocks.append("\n".join([timing, *map(_entry, spans)]))
    return ("\n\n".join(blocks) + "\n").encode()


def _entry(found: Affected) -> str:
    category = CATEGORIES.get(found.tag, OTHER)
    channel = CHANNELS.get(found.action, "both")
    comment = line(found.tag).replace("-->", "->")
    return f"{category}={found.rule.severity.value}={channel} # {comment}"
