"""How many there are, counted up to a cap."""

from dataclasses import dataclass

COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Total:
    """How many there are; `capped` where there are more than were counted."""

    count: int
    capped: bool

    def __str__(self) -> str:
        return f"{self.count:,}+" if self.capped else f"{self.count:,}"
