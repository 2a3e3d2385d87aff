"""What is known of a decoding under way, whoever decodes."""

from typing import Protocol


class Watching(Protocol):
    """Every frame of a film or of a stretch, or the film's keyframes."""

    @property
    def errors(self) -> int:
        """How much could not be decoded so far."""
        ...

    @property
    def first_us(self) -> int | None:
        """The first frame's time on the stream's own time line."""
        ...

    @property
    def film_frames(self) -> int:
        """How many pictures the film has so far, decoded or not."""
        ...

    def ends_us(self) -> tuple[int, int]:
        """Return where the last frame ends, and where the film does."""
        ...
