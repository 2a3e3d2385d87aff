"""The part of the configuration that names folders for all hosts: where each lies on this one."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ..db.roots import Roots

EXAMPLE = (
    "[roots]",
    "# Folders of films that several hosts know by one name. As tables: [roots.NAME] with path,",
    "# where the folder lies on this host.",
)


class NamedRoot(BaseModel):
    """Where a root lies on this host, `[roots.NAME]` in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path

    @field_validator("path")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        if not (path := path.expanduser()).is_absolute() or path == Path("/"):
            raise ValueError("a root is a folder that is named from / on")
        return path


class RootsSettings(BaseModel):
    """Roots by name. A film below one is stored as @NAME/rest."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, NamedRoot] = Field(init=False)

    @model_validator(mode="after")
    def _readable(self) -> "RootsSettings":
        paths = [root.path for root in self.__pydantic_extra__.values()]
        if len(set(paths)) < len(paths):
            raise ValueError("two roots lie at one path")
        self.roots()
        return self

    def roots(self) -> Roots:
        """Return them with links followed, as the paths of films are."""
        named = self.__pydantic_extra__.items()
        return Roots.of({name: os.fsencode(os.path.realpath(root.path)) for name, root in named})
