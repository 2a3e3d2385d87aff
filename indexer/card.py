"""The model card: what a bundle's `model.json` says, checked when it is read.

The card is the contract between the export side, which writes it, and the indexer, which refuses
whatever does not agree with it. See section 3 of docs/design.md.
"""

import hashlib
import itertools
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..db.errors import ModelError
from .framing_names import FramingName

CARD_NAME = "model.json"
# A file of a bundle lies in its folder and nowhere else, whoever wrote the card.
PLAIN_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"

FileName = Annotated[str, Field(pattern=PLAIN_NAME)]
GraphPrecision = Literal["float32", "float16", "int8"]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]


class _Facts(BaseModel):
    """Frozen, and closed: a key that this version does not know is an error, not a comment."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Quality(_Facts):
    """How well a tag did on pictures that its head was not trained on."""

    data_set: str
    average_precision: Probability
    precision: Probability
    recall: Probability
    positives: int = Field(ge=0)
    prevalence: Probability


class PresentLimits(_Facts):
    """A film has the tag when all three are reached (seconds, coverage: of shots with it)."""

    seconds: float = Field(ge=0.0)
    coverage: Probability
    peak: Probability


class RecallPoint(_Facts):
    """A threshold, and what it finds of the pictures that its tag's quality was measured on."""

    threshold: float = Field(gt=0.0, le=1.0)
    recall: Probability
    precision: Probability


class PlattScaling(_Facts):
    """Already part of the head graph: `p = sigmoid(slope * logit + intercept)`.

    Temperature scaling is this with an intercept of 0.
    """

    method: Literal["platt"]
    slope: float = Field(allow_inf_nan=False)
    intercept: float = Field(allow_inf_nan=False)


class IsotonicCurve(_Facts):
    """Already part of the head graph: straight lines from knot to knot, level outside of them.

    `logits` rise strictly, `probabilities` never fall.
    """

    method: Literal["isotonic"]
    logits: tuple[Annotated[float, Field(allow_inf_nan=False)], ...] = Field(min_length=2)
    probabilities: tuple[Probability, ...]

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if len(self.logits) != len(self.probabilities):
            raise ValueError("one probability for each logit")
        if any(after <= before for before, after in itertools.pairwise(self.logits)):
            raise ValueError("the knots' logits do not rise")
        if any(after < before for before, after in itertools.pairwise(self.probabilities)):
            raise ValueError("the knots' probabilities fall")
        return self


Calibration = Annotated[PlattScaling | IsotonicCurve, Field(discriminator="method")]


class Trained(_Facts):
    """A tag of the head. *measured*: the labelled films bear it out; *weak*: pictures alone do."""

    status: Literal["measured", "weak"]
    threshold: Probability
    calibration: Calibration
    quality: Quality
    present: PresentLimits
    # From the least recall to the greatest; cards from before this was told have none.
    recalls: tuple[RecallPoint, ...] = ()


class Expert(_Facts):
    """A tag with a published network of its own, whose threshold is not measured here."""

    status: Literal["expert"]
    graph: str
    threshold: Probability
    present: PresentLimits
    reason: str


class Untrained(_Facts):
    """A tag that the model could not learn: in the vocabulary, never reported."""

    status: Literal["untrained"]
    reason: str
    quality: Quality | None


class TagCard(_Facts):
    """One tag of the vocabulary and what the model can do for it."""

    tag: str
    slug: str
    group: str
    ability: Annotated[Trained | Expert | Untrained, Field(discriminator="status")]


class Input(_Facts):
    """What the graphs are fed: uint8 `(N, side, side, 3)`; the graphs normalise.

    Experts may see the picture framed in another way than the backbone.
    """

    side: int = Field(gt=0)
    colour: Literal["RGB"]
    framing: FramingName
    expert_framing: FramingName
    resize: Literal["area"]


class Graph(_Facts):
    """One ONNX file of the bundle, where its weights come from, and what it costs in exactness."""

    file: FileName
    source: str
    licence: str
    precision: GraphPrecision


class Parity(_Facts):
    """How far a variant of the backbone is from the network that was trained, on real frames.

    Differences of embeddings, relative to the largest value; `changed_decisions` is the share of
    (frame, tag) pairs that fall on the other side of the tag's threshold.
    """

    frames: int = Field(gt=0)
    largest: float = Field(ge=0.0)
    mean: float = Field(ge=0.0)
    changed_decisions: Probability


class Tolerance(_Facts):
    """The parity over which a variant is not shipped."""

    largest: float = Field(gt=0.0)
    mean: float = Field(gt=0.0)
    changed_decisions: Probability


class Variant(_Facts):
    """The backbone in one precision: all of them share one embedding space, and the head.

    `golden_tolerance`: how far its answer to the golden input may be from the card's.
    """

    file: FileName
    precision: GraphPrecision
    parity: Parity
    tolerance: Tolerance
    golden_tolerance: float = Field(gt=0.0)


class Golden(_Facts):
    """The answer to `golden_input`, float32, in the order of the card's tags: `(N, T)`."""

    probabilities: tuple[tuple[float, ...], ...]
    tolerance: float = Field(gt=0.0)


class DataSet(_Facts):
    """The pictures that the head was trained on; `digest` covers their names and contents."""

    digest: str
    pictures: int
    sources: int
    note: str


class Card(_Facts):
    """The whole of `model.json`.

    `backbone` is the variant that runs where no other is asked for; `variants` may describe it
    once more, with its parity. `single` is backbone and head in one graph, for other programs:
    tags with an expert answer 0 in it.
    """

    format: Literal[1]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    version: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    description: str
    input: Input
    embedding_width: int = Field(gt=0)
    backbone: Graph
    head: Graph
    experts: tuple[Graph, ...]
    tags: tuple[TagCard, ...]
    golden: Golden
    files: dict[FileName, str]
    training: dict[str, Any]
    data_set: DataSet
    measurements: dict[str, Any]
    versions: dict[str, str]
    opset: int
    # Absent from cards that were written before there were variants.
    variants: tuple[Variant, ...] = ()
    single: Graph | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        names = [entry.tag for entry in self.tags]
        if len(set(names)) != len(names):
            raise ValueError("a tag stands twice")
        graphs = self.graph_files
        if missing := graphs - self.files.keys():
            raise ValueError(f"no SHA-256 for {', '.join(sorted(missing))}")
        for entry in self.tags:
            if isinstance(entry.ability, Expert) and entry.ability.graph not in graphs:
                raise ValueError(f"{entry.tag}: graph {entry.ability.graph} is not in the bundle")
        kinds = [variant.precision for variant in self.variants]
        if len(set(kinds)) != len(kinds):
            raise ValueError("two variants of one precision")
        for variant in self.variants:
            same = variant.file == self.backbone.file, variant.precision == self.backbone.precision
            if same[0] != same[1]:
                raise ValueError(f"{variant.file} is not the backbone as the card has it")
        if any(len(row) != len(names) for row in self.golden.probabilities):
            raise ValueError(f"golden output is not (N, {len(names)})")
        return self

    @property
    def graph_files(self) -> frozenset[str]:
        """The bundle's ONNX files; the others are notices and licences."""
        singles = () if self.single is None else (self.single,)
        graphs = {graph.file for graph in (self.backbone, self.head, *self.experts, *singles)}
        return frozenset(graphs | {variant.file for variant in self.variants})

    @property
    def tag_names(self) -> tuple[str, ...]:
        """All tags in the order of the head's columns, reportable or not."""
        return tuple(entry.tag for entry in self.tags)

    @property
    def precisions(self) -> tuple[GraphPrecision, ...]:
        """The precisions in which the backbone is there, the default first."""
        others = (v.precision for v in self.variants if v.precision != self.backbone.precision)
        return (self.backbone.precision, *others)

    def backbone_in(self, precision: GraphPrecision) -> tuple[str, float]:
        """Return the backbone's file in one of `precisions`, and its golden tolerance."""
        for variant in self.variants:
            if variant.precision == precision:
                return variant.file, variant.golden_tolerance
        return self.backbone.file, self.golden.tolerance

    @property
    def untrained(self) -> tuple[str, ...]:
        """Tags that are never reported."""
        return tuple(e.tag for e in self.tags if isinstance(e.ability, Untrained))

    def dumps(self) -> str:
        """Return the text of `model.json`: stable, so that its digest names the model.

        What a card need not have is left out, so that a card from before it was thought of keeps
        its text.
        """
        return self.model_dump_json(indent=1, exclude_defaults=True) + "\n"


def parse_card(text: str, source: Path) -> Card:
    """Read a card; `source` is only named in the error.

    Raises ModelError with the first thing that is wrong.
    """
    try:
        return Card.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the card"
        raise ModelError(f"{source}: {where}: {first['msg']}") from error


def card_digest(text: str) -> str:
    """Name a model: the SHA-256 of its card's text, which holds the digest of every other file."""
    return hashlib.sha256(text.encode()).hexdigest()
