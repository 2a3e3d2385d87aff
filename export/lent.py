"""What a bundle whose backbone is borrowed lends besides: its experts, for tags that it shares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from ..indexer.bundle import Bundle
from ..indexer.card import Expert, TagCard
from ..indexer.framing_names import FramingName
from .parts import ExpertFile
from .task import Task


@dataclass(frozen=True, slots=True)
class Lent:
    """Expert graphs, what their tags' cards say, their notices, and how they see a picture."""

    tags: Mapping[str, TagCard] = field(default_factory=dict)
    experts: tuple[ExpertFile, ...] = ()
    notices: Mapping[str, str] = field(default_factory=dict)
    framing: FramingName = FramingName.SQUASH

    @classmethod
    def of(cls, lender: Bundle, task: Task) -> Self:
        """Take what a lender's experts can do for the tags of a task; nothing if nothing."""
        card, wanted = lender.card, {tag.tag for tag in task.tags}
        tags = {e.tag: e for e in card.tags if e.tag in wanted and isinstance(e.ability, Expert)}
        used = {e.ability.graph for e in tags.values() if isinstance(e.ability, Expert)}
        if not used:
            return cls(framing=card.input.expert_framing)
        return cls(
            tags=tags,
            experts=tuple(
                ExpertFile(lender.path / graph.file, graph)
                for graph in card.experts
                if graph.file in used
            ),
            notices={
                name: (lender.path / name).read_text(encoding="utf-8")
                for name in card.files
                if name not in card.graph_files
            },
            framing=card.input.expert_framing,
        )
