"""A bundle at work: pictures in, embeddings and probabilities out."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

import numpy as np

from ..db.errors import ModelError
from ..db.records import ModelFacts
from ..db.vectors import HALF, compact, expanded
from .bundle import Bundle, golden_input, verify_files
from .card import Card, Expert, GraphPrecision
from .pixels_type import Pixels
from .sessions import Provider, Session, choose, open_session
from .settings import ModelSettings
from .wire import VIEWS

# What suits a provider: eight bits were measured on CPUs; on GPUs sixteen are the usual choice, and
# were not measured here. Where a bundle has no such backbone, its default runs.
SUITABLE: Mapping[Provider, GraphPrecision] = MappingProxyType(
    {Provider.CPU: "int8", Provider.CUDA: "float16", Provider.TENSORRT: "float16"}
)


@dataclass(frozen=True, slots=True)
class Looked:
    """What the network made of one picture.

    `embedding` is as it is stored (vectors.py); `probabilities` has one value for each tag of the
    card, rounded to float16, in which it is stored and compared with thresholds.
    """

    embedding: bytes
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """An open, verified bundle on one provider."""

    bundle: Bundle
    facts: ModelFacts
    provider: Provider
    precision: GraphPrecision
    golden_tolerance: float
    _backbone: Session
    _head: Session
    _experts: Mapping[str, Session]
    _expert_columns: Mapping[str, tuple[int, ...]]

    @classmethod
    def open(cls, bundle: Bundle, provider: str, threads: int, precision: str = "auto") -> Self:
        """Verify a bundle, open its graphs, and check its answer to the golden input.

        precision: the backbone's; `auto` takes what suits the provider. Raises ModelError
        or ProviderUnavailable.
        """
        verify_files(bundle)
        card = bundle.card
        chosen = choose(provider, bundle.path / card.head.file, threads)
        in_use = precision_for(chosen, precision, card)
        backbone, tolerance = card.backbone_in(in_use)
        columns: dict[str, list[int]] = {graph.file: [] for graph in card.experts}
        for column, entry in enumerate(card.tags):
            if isinstance(entry.ability, Expert):
                columns[entry.ability.graph].append(column)

        def opened(name: str) -> Session:
            return open_session(bundle.path / name, chosen, threads, card.files[name])

        network = cls(
            bundle=bundle,
            facts=bundle.facts,
            provider=chosen,
            precision=in_use,
            golden_tolerance=tolerance,
            _backbone=opened(backbone),
            _head=opened(card.head.file),
            _experts={name: opened(name) for name in columns},
            _expert_columns={name: tuple(of) for name, of in columns.items()},
        )
        network._check_golden()
        return network

    def look(self, pictures: Pixels) -> list[Looked]:
        """Look at `(N, VIEWS, side, side, 3) uint8` RGB pictures, framed as the card says."""
        for_backbone, for_experts = map(np.ascontiguousarray, pictures.swapaxes(0, 1))
        embeddings = compact(self._backbone.run(for_backbone))
        # The head sees what is stored, so that scoring again from storage gives the same answer.
        probabilities = self._head.run(expanded(embeddings))  # (N, T)
        for name, session in self._experts.items():
            probabilities[:, self._expert_columns[name]] = session.run(for_experts)
        rounded = probabilities.astype(HALF).astype(np.float64)
        return [
            Looked(embedding, tuple(row.tolist()))
            for embedding, row in zip(embeddings, rounded, strict=True)
        ]

    def warm_up(self, size: int) -> None:
        """Look at `size` blank pictures at once: a device makes room, and plans, on first use."""
        side = self.bundle.card.input.side
        self.look(np.zeros((size, VIEWS, side, side, 3), np.uint8))

    def _check_golden(self) -> None:
        golden, pictures = self.bundle.card.golden, golden_input(self.bundle.card.input)
        both = np.stack([pictures] * VIEWS, axis=1)
        got = np.array([looked.probabilities for looked in self.look(both)])
        worst = float(np.abs(got - np.array(golden.probabilities)).max())
        if not worst <= self.golden_tolerance:
            raise ModelError(
                f"{self.bundle.path}: on {self.provider} in {self.precision} the golden input "
                f"comes out {worst:.3f} off, {self.golden_tolerance} is allowed; name another "
                "provider, and report this"
            )


def open_network(bundle: Bundle, settings: ModelSettings) -> Network:
    """Open a bundle as the configuration says. Raises as `Network.open` does."""
    return Network.open(bundle, settings.provider, settings.threads, settings.precision)


def precision_for(provider: Provider, asked: str, card: Card) -> GraphPrecision:
    """Return the precision to use: the one `asked` for, or with `auto` what suits the provider.

    Raises ModelError if the bundle has no backbone in the one asked for.
    """
    if asked == "auto":
        suitable = SUITABLE.get(provider, card.backbone.precision)
        return suitable if suitable in card.precisions else card.backbone.precision
    for precision in card.precisions:
        if precision == asked:
            return precision
    raise ModelError(
        f"{card.name} {card.version} has no {asked} backbone, only "
        f"{', '.join(card.precisions)}; set model.precision to one of them, or to auto"
    )
