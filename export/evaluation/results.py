"""The shape of an evaluation as JSON: stable, and never NaN.

What could not be measured says so and why; `kind` tells the cases apart. Shares, probabilities and
metrics are from 0 to 1.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Facts(BaseModel):
    """A part of a result: frozen, complete, finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Estimated(Facts):
    """A value and its confidence interval; `undefined`: the share of draws that had no value."""

    kind: Literal["estimated"]
    value: float
    low: float
    high: float
    undefined: Share


class WithoutInterval(Facts):
    """A value, and why nobody can say how far it is to be trusted."""

    kind: Literal["without_interval"]
    value: float
    reason: str


class Undefined(Facts):
    """There is no such value, and why."""

    kind: Literal["undefined"]
    reason: str


Estimate = Annotated[Estimated | WithoutInterval | Undefined, Field(discriminator="kind")]


class Scores(Facts):
    """The six metrics of one tag, or of all."""

    auc: Estimate
    accuracy: Estimate
    f1: Estimate
    precision: Estimate
    recall: Estimate
    average_precision: Estimate


class Bin(Facts):
    """Pictures of about one probability: their mean probability, and how many show the tag."""

    probability: Share
    shown: int
    pictures: int


class Reliability(Facts):
    """Whether probabilities mean what they say.

    `error` is the expected calibration error over `bins`; `by_chance` what a perfectly calibrated
    model would show with as many pictures. `curve`: isotonic regression of labels on probabilities.
    """

    error: Share
    by_chance: Share
    bins: tuple[Bin, ...]
    curve: tuple[tuple[Share, Share], ...]


class Mistake(Facts):
    """One picture on the wrong side; `row` counts from 0 in the data that was judged."""

    row: int
    name: str
    source: str
    probability: Share


class Mistakes(Facts):
    """The pictures without a tag that look most like it, and those with it that look least so."""

    alarms: tuple[Mistake, ...]
    misses: tuple[Mistake, ...]


class TagResult(Facts):
    """One tag that was measured; counts are of pictures whose label is settled.

    `curve` has points (recall, precision) from the highest threshold down.
    """

    tag: str
    threshold: Share
    pictures: int
    positives: int
    sources_with: int
    scores: Scores
    reliability: Reliability
    curve: tuple[tuple[Share, Share], ...]
    mistakes: Mistakes


class Unmeasured(Facts):
    """A tag that nothing can be said of."""

    tag: str
    positives: int
    reason: str


class Overall(Facts):
    """All tags that were measured. `macro`: the mean over tags; `micro`: all decisions pooled."""

    tags: int
    macro: Scores
    micro: Scores


class Confusion(Facts):
    """Which tags were claimed, wrongly, where another was shown and not found.

    `missed[a]` counts the pictures that show tag `a` and were not found; `claimed[a][b]` those of
    them for which tag `b` was claimed though it is settled that they do not show it; `silent[a]`
    those for which nothing was claimed wrongly. One picture can count under several `b`.
    """

    tags: tuple[str, ...]
    missed: tuple[int, ...]
    silent: tuple[int, ...]
    claimed: tuple[tuple[int, ...], ...]


class Cell(Facts):
    """One tag on one source that was kept out of training."""

    tag: str
    pictures: int
    positives: int
    found: int
    false_alarms: int
    auc: Estimate
    average_precision: Estimate


class HeldSource(Facts):
    """A source (or data set) that a model was tested on after training on all the others.

    `only_here`: tags that no other source shows, so that nothing could be learnt of them.
    """

    source: str
    pictures: int
    only_here: tuple[str, ...]
    cells: tuple[Cell, ...]


class About(Facts):
    """What was evaluated on what; `notes` say what a reader must know to read the numbers."""

    title: str
    model: str
    data_set: str
    split: str
    date: str
    notes: tuple[str, ...]


class Method(Facts):
    """How the intervals were made."""

    draws: int
    level: Share
    seed: int


class Evaluation(Facts):
    """All of an evaluation: what `evaluate` writes as JSON, and what the page shows."""

    format: Literal[1]
    about: About
    method: Method
    pictures: int
    sources: int
    overall: Overall
    tags: tuple[TagResult, ...]
    unmeasured: tuple[Unmeasured, ...]
    confusion: Confusion
    held_sources: tuple[HeldSource, ...]


class Speed(Facts):
    """Images a second over the rounds of one run, in which all that is compared took turns."""

    median: float = Field(gt=0)
    lowest: float = Field(gt=0)
    highest: float = Field(gt=0)


class Compared(Facts):
    """One model. `over_first`: its macro metrics less the first model's, paired draw by draw.

    `average_precision`: of each tag, in the order of the comparison's tags.
    """

    name: str
    parameters: int
    speed: Speed
    macro: Scores
    micro: Scores
    over_first: Scores
    average_precision: tuple[Estimate, ...]


class Comparison(Facts):
    """Models side by side on the same pictures; `tags` are those that all of them report."""

    format: Literal[1]
    about: About
    method: Method
    machine: str
    pictures: int
    sources: int
    tags: tuple[str, ...]
    models: tuple[Compared, ...]
