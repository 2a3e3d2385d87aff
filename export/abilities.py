"""From what was found out about a tag to what its card says the model can do."""

from typing import assert_never

import numpy as np

from ..indexer.card import (
    Expert,
    IsotonicCurve,
    PlattScaling,
    PresentLimits,
    Quality,
    RecallPoint,
    TagCard,
    Trained,
    Untrained,
)
from .calibrate import Isotonic, Platt
from .calibrated_graph import curve
from .evaluation.metrics import over_chance
from .experts import NSFW_THRESHOLD
from .held_out import LEAST_PRECISION, Finding, Learnt, NotLearnt, NotPromised, TooFew
from .measured import Measured, TagOnFilms
from .thresholds import SECONDS, Operating
from .vocabulary import Tag

NUDITY, NUDITY_GRAPH = "Nudity", "nudity.onnx"
PICTURES = "training pictures, out of fold, split by source"

# A tag is *measured* if the labelled films show it in this many shots, and order them this much
# better than chance: 0 is a random order, 1 a perfect one.
FEWEST_SHOTS = 5
BORNE_OUT = 0.3


def tag_card(tag: Tag, finding: Finding, measured: Measured, data_set: str = PICTURES) -> TagCard:
    """Say what the model can do for one tag; `data_set` names the pictures it was judged by."""
    ability: Trained | Untrained
    match finding:
        case TooFew(pictures, needed, kind):
            reason = f"{pictures} {kind} pictures, {needed} are needed"
            ability = Untrained(status="untrained", reason=reason, quality=None)
        case NotPromised(reason):
            ability = Untrained(status="untrained", reason=reason, quality=None)
        case NotLearnt():
            reason = (
                f"average precision {finding.average_precision:.2f} out of fold, "
                f"{LEAST_PRECISION} is needed"
            )
            ability = Untrained(
                status="untrained", reason=reason, quality=_quality(finding, data_set)
            )
        case Learnt():
            ability = Trained(
                status="measured" if borne_out(measured.tags.get(tag.tag)) else "weak",
                threshold=finding.at.threshold,
                calibration=_calibration(finding.calibration),
                quality=_quality(finding, data_set),
                present=finding.present,
                recalls=tuple(map(_recall_point, finding.recalls)),
            )
        case _:
            assert_never(finding)
    return TagCard(tag=tag.tag, slug=tag.slug, group=tag.group, ability=ability)


def _calibration(found: Platt | Isotonic) -> PlattScaling | IsotonicCurve:
    match found:
        case Platt(slope, intercept):
            return PlattScaling(
                method="platt", slope=_rounded(slope), intercept=_rounded(intercept)
            )
        case Isotonic(x, y):
            return curve(x, y)


def borne_out(on_films: TagOnFilms | None) -> bool:
    """Whether the labelled films show that a tag works on films."""
    if on_films is None or on_films.positives < FEWEST_SHOTS:
        return False
    prevalence = on_films.positives / on_films.shots
    return over_chance(on_films.average_precision, prevalence) >= BORNE_OUT


def nudity_card(tag: Tag) -> TagCard:
    """Say what open_nsfw can do."""
    ability = Expert(
        status="expert",
        graph=NUDITY_GRAPH,
        threshold=NSFW_THRESHOLD,
        # Stricter than for what was measured: animals and cartoons are known to deceive it.
        present=PresentLimits(seconds=2 * SECONDS, coverage=0.05, peak=0.95),
        reason=(
            "Yahoo's open_nsfw with its usual threshold; there are no pictures here to measure it "
            "on. It was trained on pornography, and takes large areas of skin tone for it."
        ),
    )
    return TagCard(tag=tag.tag, slug=tag.slug, group=tag.group, ability=ability)


def _quality(finding: NotLearnt | Learnt, data_set: str) -> Quality:
    return Quality(
        data_set=data_set,
        average_precision=_rounded(finding.average_precision),
        precision=_rounded(finding.at.precision),
        recall=_rounded(finding.at.recall),
        positives=finding.pictures,
        prevalence=_rounded(finding.prevalence),
    )


def _recall_point(at: Operating) -> RecallPoint:
    """Say what a threshold finds; the threshold itself is not rounded, or it would find another."""
    return RecallPoint(
        threshold=at.threshold, recall=_rounded(at.recall), precision=_rounded(at.precision)
    )


def _rounded(number: float) -> float:
    return float(np.round(number, 4))
