"""What a training is asked for: written into its folder, and compared when it is taken up again."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from ..db.errors import ModelError
from ..indexer.card import GraphPrecision
from .heads import HeadSettings, Preset
from .promises import Promise
from .thresholds import BestF

# The backbone of a bundle that is there already, by its bundle's name: `bundle:default`.
BUNDLE = "bundle:"
AUTO, FIXED, PROBE, FINE_TUNE = "auto", "fixed", "probe", "fine-tune"
STRATEGIES = (AUTO, FIXED, PROBE, FINE_TUNE)


@dataclass(frozen=True, slots=True)
class Order:
    """All that decides what comes out, but for the pictures themselves.

    `stage` is for a probe, `unfreeze` and `augment` are for fine-tuning; `tag` is for a binary
    head; `epochs` may be left to the preset; `rule` says how thresholds are chosen.
    """

    name: str
    data_set: str
    vocabulary: str | None
    preset: Preset
    tag: str | None
    backbone: str
    weights: str
    strategy: str
    stage: str | None
    unfreeze: str | int
    augment: bool
    epochs: int | None
    seed: int
    precisions: tuple[GraphPrecision, ...]
    single: bool
    rule: BestF | Promise = BestF()  # noqa: RUF009  # frozen

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise ModelError(f"strategy {self.strategy!r}; there are {', '.join(STRATEGIES)}")
        if (self.preset is Preset.BINARY) != (self.tag is not None):
            raise ModelError("a binary head is for one tag: --preset binary and --tag go together")
        if self.borrowed and self.strategy not in (AUTO, FIXED):
            raise ModelError(
                f"{self.backbone}: a bundle's backbone is frozen and cannot be trained further; "
                "name a network with --backbone and its --weights"
            )
        if (self.strategy == PROBE) != (self.stage is not None):
            raise ModelError("a probe is at one stage: --strategy probe and --stage go together")

    @property
    def borrowed(self) -> str | None:
        """The bundle whose backbone is taken, if one is."""
        known = self.backbone.startswith(BUNDLE)
        return self.backbone.removeprefix(BUNDLE) if known else None

    @property
    def head(self) -> HeadSettings:
        """The settings of a head on which more training follows."""
        return replace(HeadSettings.of(self.preset), seed=self.seed)

    @property
    def head_alone(self) -> HeadSettings:
        """The settings of a head that is all that is trained."""
        return self.head if self.epochs is None else replace(self.head, epochs=self.epochs)

    def dumps(self) -> str:
        """Write as JSON."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def loads(cls, text: str, source: Path) -> Self:
        """Read what `dumps` wrote; `source` is only named in the error. Raises ModelError."""
        try:
            facts = json.loads(text)
            facts |= {
                "preset": Preset(facts["preset"]),
                "precisions": tuple(facts["precisions"]),
                "rule": _rule(facts["rule"]),
            }
            return cls(**facts)
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{source}: not the order of a training ({error})") from error


def _rule(facts: dict[str, float]) -> BestF | Promise:
    return BestF(**facts) if "beta" in facts else Promise(**facts)
