"""What a cut finder finds, apart from how."""

from dataclasses import dataclass

from ..db.records import Transition


@dataclass(frozen=True, slots=True)
class Found:
    """A shot begins at frame `number`; a gradual `transition` ends there."""

    number: int
    transition: Transition | None = None

    def __post_init__(self) -> None:
        if self.number < 1:
            raise ValueError(f"no shot can end before frame {self.number}")
