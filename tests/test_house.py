"""The rules of the house: who may import whom, what the wheel holds, what every command says."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import click
import pytest
from filmdex.db import errors
from filmdex.indexer.cli.main import COMMANDS, cli

ROOT = Path(__file__).parents[1]
PARTS = ("db", "indexer", "export")
SOURCES = sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# Who a part may import, besides itself.
ARROW = {"db": set(), "indexer": {"db"}, "export": {"db", "indexer"}}

# Foreign packages, and the files (or folders) that may import them.
CLI, EXPORT, SETTINGS = "indexer/cli/", "export/", "indexer/settings.py"
FOREIGN = {
    "alembic": {"db/upgrade.py", "db/migrations/"},
    "av": {
        "indexer/probe.py",
        "indexer/decode.py",
        "indexer/decode_leg.py",
        "indexer/decode_stretch.py",
        "indexer/exact.py",
        "indexer/leg_helper.py",
        "indexer/sparse.py",
        "indexer/pixels.py",
        "indexer/child.py",
        "indexer/bench/lengthen.py",
        "indexer/bench/rivals.py",
        "indexer/render/",
        "export/labelled_films.py",
    },
    "click": {CLI, EXPORT},
    "cv2": {
        "indexer/child.py",
        "indexer/framing.py",
        "indexer/leg_child.py",
        "indexer/troubles.py",
        EXPORT,
    },
    "fastapi": {"indexer/web/"},
    "h5py": {"export/weights.py"},
    "jinja2": {"export/evaluation/page.py", "indexer/web/rendering.py"},
    "keras": {EXPORT},
    "lark": {"db/query_parser.py", "db/query_syntax.py"},
    "markupsafe": {"export/evaluation/page.py"},
    "matplotlib": {"export/evaluation/figures.py"},
    "numpy": {"db/", "indexer/", EXPORT},
    "onnx": {EXPORT},
    "opentimelineio": {"indexer/outputs/otio.py"},
    "onnxruntime": {"indexer/sessions.py", EXPORT},
    "PIL": {EXPORT},
    "platformdirs": {
        SETTINGS,
        "indexer/bundle.py",
        "indexer/censoring.py",
        "indexer/cli/demo.py",
        "indexer/warm.py",
        "indexer/web_settings.py",
        "export/watching.py",
    },
    "prometheus_client": {"indexer/watch/metrics.py"},
    "psycopg": {"db/postgres.py"},
    "pyarrow": {"db/parquet.py"},
    "pydantic": {
        SETTINGS,
        "indexer/card.py",
        "indexer/moderation/policy_file.py",
        "indexer/roots_settings.py",
        "indexer/watch_settings.py",
        "indexer/web/api/",
        "indexer/web_settings.py",
        EXPORT,
    },
    "pydantic_settings": {SETTINGS},
    "ray": {
        "indexer/cluster/calling.py",
        "indexer/cluster/connecting.py",
        "indexer/cluster/fleet.py",
    },
    "rich": {CLI, EXPORT},
    "scenedetect": {"indexer/cuts_scenedetect.py", "indexer/bench/detect_adaptive.py"},
    "scipy": {"export/promises.py"},
    "sklearn": {EXPORT},
    "sqlalchemy": {"db/"},
    "starlette": {"indexer/web/"},
    "tensorflow": {EXPORT},
    "tf2onnx": {EXPORT},
    "usearch": {"indexer/near/graph.py"},
    "tomlkit": {
        "indexer/config_file.py",
        "indexer/moderation/policy_change.py",
        "indexer/moderation/policy_file.py",
        "indexer/moderation/policy_places.py",
    },
    "uvicorn": {"indexer/web/server.py"},
    "watchdog": {"indexer/watch/waking.py"},
}

# What one command needs, and the extra that brings it; the command says so where it is missing.
OPTIONAL = {
    "fastapi": "web",
    "jinja2": "web",
    "opentimelineio": "editors",
    "psycopg": "postgres",
    "pyarrow": "parquet",
    "ray": "cluster",
    "starlette": "web",
    "usearch": "similar",
    "uvicorn": "web",
}

# Arithmetic on plain values: no foreign package, and nothing that has one.
PURE = {
    "db/address.py",
    "db/completing.py",
    "db/cursors.py",
    "db/errors.py",
    "db/folding.py",
    "db/ordering.py",
    "db/query.py",
    "db/query_nodes.py",
    "db/query_spelling.py",
    "db/query_terms.py",
    "db/query_truth.py",
    "db/query_values.py",
    "db/records.py",
    "db/roots.py",
    "db/resolutions.py",
    "db/times.py",
    "db/titles.py",
    "db/vocabulary.py",
    "indexer/bench/scoring.py",
    "indexer/clock.py",
    "indexer/cuts_answers.py",
    "indexer/cuts_found.py",
    "indexer/cuts_method.py",
    "indexer/cuts_view.py",
    "indexer/cuts_windows.py",
    "indexer/decoder_names.py",
    "indexer/legs.py",
    "indexer/moderation/advice.py",
    "indexer/moderation/binomial.py",
    "indexer/moderation/documents.py",
    "indexer/moderation/estimate.py",
    "indexer/moderation/expansion.py",
    "indexer/moderation/judge.py",
    "indexer/moderation/policy.py",
    "indexer/moderation/rulings.py",
    "indexer/moderation/spans.py",
    "indexer/moderation/verdict.py",
    "indexer/moderation/worth.py",
    "indexer/outputs/archives.py",
    "indexer/outputs/chapters.py",
    "indexer/outputs/cutlist.py",
    "indexer/outputs/editors.py",
    "indexer/outputs/edl.py",
    "indexer/outputs/mcf.py",
    "indexer/outputs/mpv.py",
    "indexer/outputs/page.py",
    "indexer/outputs/records.py",
    "indexer/outputs/text.py",
    "indexer/outputs/timecode.py",
    "indexer/outputs/vtt.py",
    "indexer/placing.py",
    "indexer/render/plan.py",
    "indexer/sampling.py",
    "indexer/shots.py",
    "indexer/stretch.py",
    "indexer/watch/changes.py",
    "indexer/watch/window.py",
    "indexer/web/access.py",
    "indexer/web/ranges.py",
    "indexer/web/rates.py",
    "indexer/web/sessions.py",
}

# `filmdex --help` answers before any of these could be loaded.
SLOW = {
    "alembic",
    "av",
    "cv2",
    "fastapi",
    "keras",
    "numpy",
    "onnx",
    "onnxruntime",
    "ray",
    "scenedetect",
    "sqlalchemy",
    "starlette",
    "tensorflow",
    "uvicorn",
}


@dataclass(frozen=True)
class Import:
    """One name that a file imports: `module`, dotted, or a path in this repository."""

    file: str
    line: int
    module: str
    relative: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def _imports(path: Path) -> Iterator[Import]:
    file = path.relative_to(ROOT).as_posix()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(file, node.lineno, alias.name, relative=False)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield Import(file, node.lineno, node.module or "", relative=False)
        elif isinstance(node, ast.ImportFrom):
            folder = path.parents[node.level - 1]
            base = folder.joinpath(*(node.module or "").split("."))
            for alias in node.names:
                target = base / alias.name
                there = target if _is_module(target) else base
                assert _is_module(there), f"{file}:{node.lineno}: no module {there}"
                yield Import(file, node.lineno, _module_file(there), relative=True)


def _is_module(path: Path) -> bool:
    # `from ..db import films`: the folder above the parts stands for the package filmdex.
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def _module_file(path: Path) -> str:
    file = path.with_suffix(".py")
    return (file if file.is_file() else path / "__init__.py").relative_to(ROOT).as_posix()


IMPORTS = [one for path in SOURCES for one in _imports(path)]


def _allowed(file: str, places: set[str]) -> bool:
    return any(file == place or (place[-1] == "/" and file.startswith(place)) for place in places)


# -- imports -----------------------------------------------------------------------------------


def test_imports_go_from_export_to_indexer_to_db_and_never_back() -> None:
    wrong = [
        str(one)
        for one in IMPORTS
        if one.relative
        and (to := one.module.partition("/")[0]) != (part := one.file.partition("/")[0])
        and to not in ARROW[part]
    ]
    assert wrong == []
    # What the rule is about is there to be seen.
    assert {"indexer/pipeline.py", "db/runs.py"} <= {one.module for one in IMPORTS}


def test_the_parts_import_each_other_relatively() -> None:
    # Alembic runs these as scripts, which have no package to be relative to.
    absolute = {one.file for one in IMPORTS if one.module.partition(".")[0] == "filmdex"}
    assert absolute == {"db/migrations/env.py", "db/migrations/versions/v0009_language.py"}


def _foreign_imports() -> Iterator[tuple[Import, str]]:
    for one in IMPORTS:
        package = one.module.partition(".")[0]
        if not one.relative and package != "filmdex" and package not in sys.stdlib_module_names:
            yield one, package


def test_each_foreign_package_is_imported_where_it_belongs() -> None:
    wrong = [
        str(one)
        for one, package in _foreign_imports()
        if not _allowed(one.file, FOREIGN.get(package, set()))
    ]
    assert wrong == []


def test_every_place_for_a_foreign_package_is_there() -> None:
    places = {place for places in FOREIGN.values() for place in places}
    assert [place for place in sorted(places) if not (ROOT / place).exists()] == []


def test_pure_modules_import_nothing_foreign_and_only_each_other() -> None:
    wrong = [
        str(one)
        for one in IMPORTS
        if one.file in PURE
        and one.module not in PURE
        and (one.relative or one.module.partition(".")[0] not in sys.stdlib_module_names)
    ]
    assert wrong == []
    assert {one.file for one in IMPORTS if one.file in PURE} >= PURE - {"db/errors.py"}


def test_what_runs_needs_nothing_that_only_the_extras_bring() -> None:
    """The provider's runtime comes by [cpu] or [gpu], and OPTIONAL by an extra of its own."""
    distributions = packages_distributions()
    needed = {
        _canonical(distributions.get(package, [package])[0])
        for one, package in _foreign_imports()
        if not one.file.startswith(EXPORT) and package not in {"onnxruntime", *OPTIONAL}
    }
    declared = {_canonical(entry) for entry in PROJECT["project"]["dependencies"]}
    assert needed == declared
    extras = PROJECT["project"]["optional-dependencies"]
    for package, extra in OPTIONAL.items():
        assert package in {_canonical(entry) for entry in extras[extra]}


def _canonical(requirement: str) -> str:
    name = re.match(r"[\w.-]+", requirement)
    assert name
    return re.sub(r"[-_.]+", "-", name[0]).lower()


# -- the command line --------------------------------------------------------------------------


def test_help_loads_nothing_slow() -> None:
    program = (
        "import json, sys; from filmdex.indexer.cli.main import main\n"
        "sys.argv = ['filmdex', '--help']\n"
        "try: main()\n"
        "except SystemExit as end: code = end.code\n"
        "print(json.dumps([code, *sorted(sys.modules)]), file=sys.stderr)"
    )
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    code, *loaded = json.loads(told.stderr)
    assert code == 0
    assert "filmdex.indexer.cli.main" in loaded
    assert SLOW & set(loaded) == set()
    for name, (_, line) in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(line[:40])}", told.stdout, re.MULTILINE), name


def _commands(
    group: click.Group, context: click.Context, path: str
) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command, f"{path} {name} is listed and is not there"
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            inner = click.Context(command, info_name=name, parent=context)
            yield from _commands(command, inner, f"{path} {name}")


def test_every_command_and_option_says_what_it_is_for() -> None:
    silent = []
    seen = set()
    for path, command in _commands(cli, click.Context(cli, info_name="filmdex"), "filmdex"):
        seen.add(path)
        if not (command.help or "").strip():
            silent.append(path)
        silent += [
            f"{path} {parameter.opts[0]}"
            for parameter in command.params
            if isinstance(parameter, click.Option) and not parameter.hidden and not parameter.help
        ]
    assert silent == []
    assert {f"filmdex {name}" for name in COMMANDS} <= seen


def test_every_argument_is_named_in_its_commands_help() -> None:
    context = click.Context(cli, info_name="filmdex")
    silent = [
        f"{path}: {name}"
        for path, command in _commands(cli, context, "filmdex")
        for parameter in command.params
        if isinstance(parameter, click.Argument)
        and (name := parameter.make_metavar(click.Context(command)).strip("[]."))
        and name not in (command.help or "")
    ]
    assert silent == []


# -- errors ------------------------------------------------------------------------------------


def test_every_error_is_explained_and_stands_in_the_tree() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    assert len(kinds) > 5
    for kind in kinds:
        assert issubclass(kind, errors.FilmdexError)
        assert kind.__doc__, kind
        assert re.search(rf"\b{kind.__name__}\b", errors.__doc__ or ""), kind


# -- what is shipped ---------------------------------------------------------------------------


def _tracked(*folders: str) -> list[str]:
    """Name the files that git has, or would have if they were added."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode("utf-8").split("\0")
    return sorted({name for name in names if name and (ROOT / name).is_file()})


def test_every_package_is_listed() -> None:
    folders = {path.parent.relative_to(ROOT) for path in SOURCES}
    packages = {"filmdex." + ".".join(folder.parts) for folder in folders}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == packages


def test_the_wheel_holds_what_git_holds(tmp_path: Path) -> None:
    """Built from a copy, since a build leaves things behind that the next one would pick up."""
    tree = tmp_path / "tree"
    for name in _tracked(*PARTS, "pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tree / name)
    subprocess.run(
        [
            sys.executable,
            "-c",
            "from setuptools.build_meta import build_wheel; build_wheel('..')",
        ],
        cwd=tree,
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    held = {name.removeprefix("filmdex/") for name in names if name.startswith("filmdex/")}
    # Only who writes a migration needs the template.
    expected = set(_tracked(*PARTS)) - {"db/migrations/script.py.mako"}
    assert held == expected
    assert {f"{part}/py.typed" for part in PARTS} <= held
    assert "db/migrations/versions/v0001_foundation.py" in held
    about = {name for name in names if not name.startswith("filmdex/")}
    assert all(re.match(r"filmdex-[\d.]+\.dist-info/", name) for name in about)
    licences = {Path(name).name for name in about if "/licenses/" in name}
    assert licences == {"LICENSE", "NOTICE"}


def test_no_file_knows_somebodys_machine() -> None:
    place = re.compile(rb"(?<![\w/.~$}-])/(?:work|root|home|Users)/\w")
    text = {".py", ".md", ".toml", ".json", ".txt", ".service", ".conf", ".tsv", ".mako", ""}
    found = [
        name
        for name in _tracked()
        if Path(name).suffix in text and place.search((ROOT / name).read_bytes())
    ]
    assert found == []
