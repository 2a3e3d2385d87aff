"""The part of the configuration that is about watching: roots, when to work, what to tell."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from .watch.window import Windows


class RootSettings(BaseModel):
    """One folder that is watched, `[[watch.roots]]` in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    priority: int = 0
    interval_seconds: float | None = Field(default=None, gt=0.0)
    events: bool = True

    @field_validator("path")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        if not (path := path.expanduser()).is_absolute():
            raise ValueError("a root is named from / on, so that it is the same for everybody")
        return path


class WatchSettings(BaseModel):
    """What `filmdex watch` does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    roots: tuple[RootSettings, ...] = Field(
        default=(),
        description="Folders to watch. As tables: [[watch.roots]] with path, and if need be "
        "include, exclude (globs from the root on), priority, interval_seconds, events (true).",
    )
    interval_seconds: float = Field(
        default=300.0, gt=0.0, description="A root is looked through at least this often."
    )
    settle_seconds: float = Field(
        default=10.0,
        ge=0.0,
        description="A file that has not changed for this long is taken.",
    )
    exact: Literal["idle", "never"] = Field(
        default="idle",
        description="When films known by keyframes are decoded whole: when nothing else is to do.",
    )
    hours: str = Field(
        default="", description="Only work at these times, such as 22:00-06:00; empty: always."
    )
    most_load: float = Field(
        default=0.0,
        ge=0.0,
        description="Begin no film while the load average of a minute is over this; 0: whatever.",
    )
    http_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Serve /metrics, /healthz and /readyz on this port of 127.0.0.1; 0: do not.",
    )

    @field_validator("hours")
    @classmethod
    def _readable(cls, hours: str) -> str:
        Windows.parse(hours)
        return hours

    @model_validator(mode="after")
    def _apart(self) -> "WatchSettings":
        paths = [root.path for root in self.roots]
        for path in paths:
            if any(path != other and path.is_relative_to(other) for other in paths):
                raise ValueError(f"{path} lies in another root")
        if len(set(paths)) < len(paths):
            raise ValueError("a root is named twice")
        return self
