"""The configuration: defaults, one TOML file, the environment, and flags, in that order.

Environment variables are called FILMDEX_SECTION__KEY. A key or a value that cannot be is refused
by name; nothing is clamped.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    InstanceOf,
    ValidationError,
    field_serializer,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from ..db.address import Server, address_of
from ..db.errors import ConfigError
from .cuts_method import CutMethod
from .decoder_names import DecoderName
from .roots_settings import EXAMPLE, RootsSettings
from .watch_settings import WatchSettings
from .web_settings import WebSettings

PREFIX = "FILMDEX_"
CONFIG_VARIABLE = f"{PREFIX}CONFIG"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatabaseSettings(_Section):
    """Where the index is kept."""

    path: Path | InstanceOf[Server] = Field(
        default_factory=lambda: platformdirs.user_data_path("filmdex") / "library.db",
        description="The SQLite file, made by `filmdex index` if it is not there, or a PostgreSQL "
        "database as postgresql://USER@HOST/NAME; its password belongs into ~/.pgpass.",
    )

    @field_validator("path", mode="before")
    @classmethod
    def _file_or_server(cls, path: object) -> object:
        return address_of(path) if isinstance(path, str) else path

    @property
    def beside(self) -> Path:
        """Return the path that names what is kept beside the library, on this host."""
        if isinstance(self.path, Path):
            return self.path
        name = hashlib.sha256(str(self.path).encode()).hexdigest()[:16]
        return platformdirs.user_data_path("filmdex") / f"server-{name}"

    @field_serializer("path")
    def _without_password(self, path: Path | Server) -> str:
        return str(path)


class ModelSettings(_Section):
    """What looks at the pictures."""

    bundle: str = Field(
        default="default",
        description="A model's NAME or NAME:VERSION (`filmdex model list`), or a bundle's folder.",
    )
    provider: Literal["auto", "cpu", "cuda", "tensorrt", "openvino", "coreml"] = Field(
        default="auto",
        description="What runs the networks. One that is named must work; auto takes the best.",
    )
    precision: Literal["auto", "float32", "float16", "int8"] = Field(
        default="auto",
        description="The backbone's arithmetic; auto takes what suits the provider.",
    )
    threads: int = Field(default=0, ge=0, description="Threads for inference; 0 takes every core.")


class IndexSettings(_Section):
    """How a film is cut and sampled."""

    jobs: int = Field(
        default=0, ge=0, description="Films at a time; 0 takes one for every two cores."
    )
    workers: int = Field(
        default=0,
        ge=0,
        le=64,
        description="Decoders at work on one film; 0 shares out all cores but one among the films.",
    )
    nice: int = Field(
        default=5,
        ge=0,
        le=19,
        description="How far index, watch, refine and rescore stand back for other programs.",
    )
    cuts: CutMethod = Field(
        default=CutMethod.HYBRID,
        description="How cuts are found: hybrid, transnet (all frames; slow), adaptive or content.",
    )
    decoder: DecoderName = Field(
        default=DecoderName.SOFTWARE,
        description="What decodes. One that is named must work; auto takes a device if one does.",
    )
    long_shot_seconds: float = Field(
        default=10.0, gt=0.0, description="A shot longer than this is looked at more than once."
    )
    gap_seconds: float = Field(
        default=12.0,
        ge=1.0,
        description="No stretch longer than this goes unseen by keyframes.",
    )
    entropy_floor_bits: float = Field(
        default=4.0,
        ge=0.0,
        le=8.0,
        description="A frame with less grey-level entropy gives way to a more informative one.",
    )


class PolicySettings(_Section):
    """Where your own policies lie."""

    folder: Path = Field(
        default_factory=lambda: platformdirs.user_config_path("filmdex") / "policies",
        description="A folder of TOML files; `filmdex policy new` makes one.",
    )

    @field_validator("folder")
    @classmethod
    def _at_home(cls, path: Path) -> Path:
        return path.expanduser()


class AuditSettings(_Section):
    """What keeps the audit from being rewritten unseen."""

    key: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("filmdex") / "audit.key",
        description="The key of the chain, made when it is first needed. Keep a copy elsewhere.",
    )
    log: Path = Field(
        default_factory=lambda: platformdirs.user_log_path("filmdex") / "audit.log",
        description="The head after each entry, which `filmdex audit verify --head` takes.",
    )

    @field_validator("key", "log")
    @classmethod
    def _at_home(cls, path: Path) -> Path:
        return path.expanduser()


class LimitsSettings(_Section):
    """What one film may take of the machine; reaching a limit fails that film alone."""

    memory_mb: int = Field(default=2048, ge=256, description="Memory for decoding one film.")
    cpu_seconds: int = Field(
        default=86_400, gt=0, description="Processor time for decoding one film."
    )
    wall_seconds: int = Field(default=172_800, gt=0, description="Time for one film altogether.")
    silence_seconds: int = Field(
        default=120, gt=0, description="Without progress for this long, it hangs."
    )


class Settings(BaseSettings):
    """All settings; see `filmdex config example` for them as a commented file."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    model: ModelSettings = Field(default_factory=ModelSettings)
    index: IndexSettings = Field(default_factory=IndexSettings)
    limits: LimitsSettings = Field(default_factory=LimitsSettings)
    watch: WatchSettings = Field(default_factory=WatchSettings)
    policy: PolicySettings = Field(default_factory=PolicySettings)
    audit: AuditSettings = Field(default_factory=AuditSettings)
    roots: RootsSettings = Field(default_factory=RootsSettings)
    web: WebSettings = Field(default_factory=WebSettings)

    @classmethod
    def settings_customise_sources(  # type: ignore[override]
        cls, *_: object, init_settings: PydanticBaseSettingsSource, **__: object
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from `load` alone, which knows where each came from."""
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, and who set it: `default`, `flag`, an environment variable or a file."""

    key: str
    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings in force with the origin of each."""

    settings: Settings
    origins: Mapping[str, str]

    def listed(self) -> list[Setting]:
        """List every setting as `section.key`, in the order of the example file."""
        dumped = self.settings.model_dump(mode="json")
        return [
            Setting(f"{section}.{key}", value, self.origins.get(f"{section}.{key}", "default"))
            for section, values in dumped.items()
            for key, value in values.items()
        ]


def config_path(flag: Path | None) -> Path:
    """Return the file that is read: the flag's, FILMDEX_CONFIG's, or the user's own."""
    if flag is not None:
        return flag
    if named := os.environ.get(CONFIG_VARIABLE):
        return Path(named)
    return platformdirs.user_config_path("filmdex") / "config.toml"


def load(config: Path | None = None, flags: Mapping[str, Any] | None = None) -> Loaded:
    """Put the settings together; `flags` are `section.key` to value, None where not given.

    Raises ConfigError naming the key, where it was set, and what it may be.
    """
    path = config_path(config)
    named = config is not None or CONFIG_VARIABLE in os.environ
    if named and not path.is_file():
        raise ConfigError(f"{path}: no such configuration file")
    values: dict[str, dict[str, Any]] = {}
    origins: dict[str, str] = {}
    for origin, found in (
        (str(path), _from_file(path)),
        ("environment", _from_environment()),
        ("flag", _nested(flags or {})),
    ):
        for section, keys in found.items():
            if not isinstance(keys, dict):
                raise ConfigError(f"{origin}: {section} is a section, not a value")
            values.setdefault(section, {}).update(keys)
            origins.update({f"{section}.{key}": _named(origin, section, key) for key in keys})
    try:
        return Loaded(Settings.model_validate(values), origins)
    except ValidationError as error:
        raise _config_error(error, origins, str(path)) from error


def example() -> str:
    """Write the whole configuration as a TOML file whose every line is a comment."""
    lines = ["# filmdex: every setting with its default. Uncomment what you change.", ""]
    for section, outer in Settings.model_fields.items():
        if outer.annotation is RootsSettings:
            lines += [*EXAMPLE, ""]
            continue
        lines.append(f"[{section}]")
        model = outer.annotation
        assert isinstance(model, type)  # noqa: S101  every section is a class
        assert issubclass(model, BaseModel)  # noqa: S101
        defaults = model().model_dump(mode="json")
        for key, field in model.model_fields.items():
            lines += [f"# {field.description}", f"# {key} = {_toml(defaults[key])}"]
        lines.append("")
    return "\n".join(lines)


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _named(origin: str, section: str, key: str) -> str:
    if origin == "environment":
        return f"{PREFIX}{section}__{key}".upper()
    return origin


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return TomlConfigSettingsSource(Settings, path)() if path.is_file() else {}
    except (ValueError, OSError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _from_environment() -> dict[str, Any]:
    for name in os.environ:
        section, separator, _ = name.removeprefix(PREFIX).lower().partition("__")
        if name.startswith(PREFIX) and separator and section not in Settings.model_fields:
            raise ConfigError(f"{name}: there is no section {section!r} in the configuration")
    try:
        return EnvSettingsSource(Settings)()
    except SettingsError as error:
        raise ConfigError(f"{error}; a setting is written {PREFIX}SECTION__KEY") from error


def _nested(flags: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    nested: dict[str, dict[str, Any]] = {}
    for name, value in flags.items():
        section, _, key = name.partition(".")
        if value is not None:
            nested.setdefault(section, {})[key] = value
    return nested


def _config_error(error: ValidationError, origins: Mapping[str, str], path: str) -> ConfigError:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        what = "there is no such setting; `filmdex config example` lists them"
    else:
        what = f"{first['msg']} (it is {first['input']!r})"
    return ConfigError(f"{key}, set by {origins.get(key, path)}: {what}")
