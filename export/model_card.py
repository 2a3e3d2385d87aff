"""The model card as a page: the same facts as `model.json`, for people."""

from collections.abc import Iterable

from ..indexer.bundle import Bundle
from ..indexer.card import Card, Expert, TagCard, Trained, Untrained
from .measured import Measured
from .thresholds import RECALLS

Row = Iterable[object]


def page(bundle: Bundle) -> str:
    """Write docs/model-card.md for a bundle that was built here."""
    card = bundle.card
    measured = Measured.model_validate(card.measurements)
    parts = [
        f"# Model card: {card.name} {card.version}",
        f"{card.description} Digest `{bundle.digest[:12]}`. This page is written by "
        "`filmdex export model-card` from the bundle's `model.json`.",
        _numbers(card, measured),
        "## What it can and cannot do",
        LEGEND,
        _tags(card.tags, measured),
        RECALLED,
        _recalls(card.tags),
        _untrained(card),
        _experts(card),
        "## What was chosen on what",
        CHOICES,
        _framings(measured),
        "## Eight bits",
        _variants(measured),
        "## Where it comes from",
        _origins(card),
        LIMITS,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


LEGEND = """\
*Pictures* are those with the tag that the head was trained on; AP (average precision), precision
and recall are on the same pictures out of fold, split by source: each was judged by a head that
had seen nothing from where it comes from. *Shots* are film shots labelled by eye, with nothing
trained or any threshold chosen on them. AP of a random order is the share of positives, so an AP
on shots is to be read beside its `positives/shots`.

- **measured**: at least 5 labelled shots show the tag, and the order of shots by its probability
  covers at least 0.3 of the way from a random order to a perfect one.
- **weak**: held-out pictures alone speak for it, or the labelled shots speak against it. Good for
  finding candidates, not for deciding without looking.
- **expert**: a network of its own, published by others, that is not measured here.
- **untrained**: fewer than 20 pictures, or an AP under 0.3 out of fold. Never reported."""

RECALLED = """\
A policy may say how much it wants to find (`threshold = "recall 0.9"`). Here is the threshold \
that found at least that share of a tag's pictures, out of fold, and in brackets the precision \
there."""

CHOICES = """\
| choice | on what |
|---|---|
| weights, L2, dropout, normalisation | pictures, out of fold, split by source |
| calibration and threshold of each tag | pictures, out of fold (the same that precision \
and recall are given for: those two are a little too good, AP is not) |
| which pictures were looked at for tags that their folder does not name | all drawn ones; for \
seven tags (Animal, Animation, Beach/Sea, Forest, Sports, Valleys/Hills, Weapon) the surest false \
alarms out of fold, which makes AP of these a little too good |
| when a film has a tag (seconds, coverage, peak) | a priori and pictures out of fold: coverage \
must be three times the tag's rate of false alarms, among drawn or among photographed pictures, \
whichever is worse |
| how a wide frame is brought to 299 x 299 | **the labelled shots**: the one choice made on them |
| *measured* or *weak* | the labelled shots, as a name for what was found there |"""

LIMITS = """\
## Limits

- The middle square of a wide frame is what is looked at: 56 % of a 16:9 frame, 42 % of 2.39:1. \
What happens at the edge alone is not seen.
- One frame says nothing of motion: Dance, Violence, Sports and the like are recognised by how \
they look when held still.
- The pictures are few, mostly amateur photographs, frames of surveillance and web pages; they \
show some people, places and styles far more than others. Film light and make-up are rare among \
them.
- Children, Nudity and the tags of violence are aids for a person who decides, not a decision.
- Probabilities are calibrated on the pictures, where each tag is as frequent as its folder is \
large; in a film it is rarer or much more frequent."""


def _numbers(card: Card, measured: Measured) -> str:
    kinds = [entry.ability.status for entry in card.tags]
    counts = ", ".join(
        f"{kinds.count(kind)} {kind}" for kind in ("measured", "weak", "expert", "untrained")
    )
    return (
        f"{len(card.tags)} tags: {counts}. Input {card.input.side} x {card.input.side} "
        f"{card.input.colour}, {card.input.framing}, {card.input.resize}. Trained on "
        f"{card.data_set.pictures} pictures of {card.data_set.sources} sources "
        f"({card.data_set.note}). Measured on {measured.films or 'no films'}."
    )


def _tags(tags: tuple[TagCard, ...], measured: Measured) -> str:
    rows: list[Row] = []
    reported = [(entry.tag, entry.ability) for entry in tags if isinstance(entry.ability, Trained)]
    for tag, ability in sorted(reported, key=_order):
        quality, shots = ability.quality, measured.tags.get(tag)
        rows.append(
            (
                tag,
                ability.status,
                f"{ability.threshold:.2f}",
                quality.positives,
                *_two(quality.average_precision, quality.precision, quality.recall),
                f"{shots.positives}/{shots.shots}" if shots else "",
                *(
                    _two(shots.average_precision, shots.precision, shots.recall)
                    if shots and shots.positives
                    else ("", "", "")
                ),
                shots.false_alarms if shots else "",
            )
        )
    return _table(
        (
            "tag",
            "status",
            "threshold",
            "pictures",
            "AP",
            "precision",
            "recall",
            "shots",
            "AP on shots",
            "precision",
            "recall",
            "false alarms",
        ),
        rows,
    )


def _recalls(tags: tuple[TagCard, ...]) -> str:
    rows: list[Row] = []
    reported = [(entry.tag, entry.ability) for entry in tags if isinstance(entry.ability, Trained)]
    for tag, ability in sorted(reported, key=_order):
        told = []
        for recall in RECALLS:
            at = next((point for point in ability.recalls if point.recall >= recall), None)
            told.append(f"{at.threshold:.3f} ({at.precision:.2f})" if at else "")
        rows.append((tag, *told))
    return _table(("tag", *(f"recall {recall}" for recall in RECALLS)), rows)


def _order(entry: tuple[str, Trained]) -> tuple[bool, float]:
    _, ability = entry
    return ability.status != "measured", -ability.quality.average_precision


def _untrained(card: Card) -> str:
    rows = [
        (entry.tag, entry.ability.reason)
        for entry in card.tags
        if isinstance(entry.ability, Untrained)
    ]
    return _table(("untrained", "why"), rows) if rows else ""


def _experts(card: Card) -> str:
    rows = [
        (entry.tag, f"{entry.ability.threshold:.2f}", entry.ability.reason)
        for entry in card.tags
        if isinstance(entry.ability, Expert)
    ]
    return _table(("expert", "threshold", "about it"), rows) if rows else ""


def _framings(measured: Measured) -> str:
    rows = [
        (name, *_three(framed.pictures, framed.films), framed.note)
        for name, framed in measured.framings.items()
    ]
    head = ("framing", "mean AP, pictures", "mean AP, labelled shots", "")
    return _table(head, rows) if rows else ""


def _variants(measured: Measured) -> str:
    rows = [
        (
            name,
            variant.megabytes,
            variant.images_per_second,
            f"{variant.mean_average_precision:.4f}",
            variant.note,
        )
        for name, variant in measured.variants.items()
    ]
    notes = "\n".join(f"{what}: {note}." for what, note in measured.notes.items())
    return (
        _table(("backbone", "MB", "images a second", "mean AP, pictures", ""), rows)
        + "\n\n"
        + notes
        if rows
        else "Not measured."
    )


def _origins(card: Card) -> str:
    graphs = (card.backbone, card.head, *card.experts)
    return _table(
        ("file", "precision", "licence", "origin"),
        [(graph.file, graph.precision, graph.licence, graph.source) for graph in graphs],
    )


def _two(*numbers: float) -> tuple[str, ...]:
    return tuple(f"{number:.2f}" for number in numbers)


def _three(*numbers: float) -> tuple[str, ...]:
    return tuple(f"{number:.3f}" for number in numbers)


def _table(head: tuple[str, ...], rows: Iterable[Row]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
