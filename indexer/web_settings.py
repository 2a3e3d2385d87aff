"""The part of the configuration that is about the page: its pictures, and how much may be asked."""

from pathlib import Path

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, field_validator


class WebSettings(BaseModel):
    """What `filmdex serve` does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frames: Path = Field(
        default_factory=lambda: platformdirs.user_cache_path("filmdex") / "frames",
        description="Where pictures out of films are kept for a while.",
    )
    frames_mb: int = Field(
        default=1024, ge=1, description="How much they may take; the longest unseen go first."
    )
    decoders: int = Field(
        default=2, ge=1, le=64, description="Take pictures out of so many films at a time."
    )
    searchers: int = Field(
        default=2,
        ge=0,
        le=64,
        description="Search in so many processes of their own; 0: in the page's own process.",
    )
    requests_a_second: float = Field(
        default=200.0, gt=0.0, description="Answer one address no more often, in the long run,"
    )
    requests_at_once: int = Field(
        default=2000, ge=1, description="and no more than so many requests at once."
    )

    @field_validator("frames")
    @classmethod
    def _at_home(cls, path: Path) -> Path:
        return path.expanduser()
