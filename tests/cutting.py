"""Cut lists whose spans are known, for the tests of what is written from them."""

from dataclasses import replace
from fractions import Fraction

from filling import FACTS, SECOND
from filmdex.db.records import FilmFacts, Span
from filmdex.indexer.moderation.verdict import Subject
from filmdex.indexer.outputs.cutlist import CutList
from moderating import film, policy, verdict_on

MINUTE = 60


def facts_of(
    duration_us: int, rate: Fraction = Fraction(25), offset_us: int = 0, **more: object
) -> FilmFacts:
    """Say what a film is."""
    return replace(
        FACTS,
        duration_us=duration_us,
        frame_rate=float(rate),
        container_offset_us=offset_us,
        decode_errors=0,
        **more,  # type: ignore[arg-type]
    )


def cut_list(
    spans: list[tuple[int, int, str]],
    *,
    frames: int = 25 * MINUTE,
    rate: Fraction = Fraction(25),
    offset_us: int = 0,
    title: str = "Film",
    path: bytes = b"/films/Film.mkv",
    constant: bool = True,
    start_frame: int = 0,
) -> CutList:
    """Make a cut list of spans (first frame, frame after the last, action) by rules of their own.

    Each action's tag is Animation; shots are as long as they need to be.
    """
    times = [round(n * SECOND / rate) for n in range(frames + 1)]
    shots = film(*[0.0] * 1, second=times[-1] / SECOND)
    from filmdex.db.records import Decision, Opinion, Review

    reviews = [
        Review(
            n,
            Opinion(
                1,
                tag_of(action),
                Span(times[a], times[b]),
                Decision.ACCEPT,
                Span(times[a], times[b]),
                "Ada",
            ),
            n,
        )
        for n, (a, b, action) in enumerate(spans, 1)
    ]
    actions = sorted({action for *_, action in spans}) or ["skip"]
    by = policy(*(f'tag = "{tag_of(a)}"\naction = "{a}"\nseverity = "high"' for a in actions))
    subject = Subject(1, "f" * 32, title, (path.decode("utf-8", "backslashreplace"),))
    verdict = verdict_on(shots, by, reviews, subject=subject)
    return CutList(
        verdict=verdict,
        facts=facts_of(times[-1], rate, offset_us),
        path=path,
        provider="cpu",
        indexed_us=1_700_000_000_000_000,
        made_us=1_700_000_001_000_000,
        rate=rate if constant else None,
        start_frame=start_frame,
    )


TAG_OF = {"skip": "Animation", "mute": "War", "review": "Nudity", "blur": "War", "block": "Nudity"}


def tag_of(action: str) -> str:
    """Give each action a tag; mute and blur share one, as do review and block."""
    return TAG_OF[action]
