"""The units: systemd's own tool reads them, and says how exposed the service is."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[1] / "systemd"
MOST_EXPOSED = 2.0


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if not found:
        pytest.skip("systemd-analyze is not here (apt-get install systemd)")
    return found


WITH = [
    ("filmdex",),
    ("filmdex", "gpu"),
    ("filmdex", "write-sidecars"),
    ("filmdex", "metrics"),
    ("filmdex-serve",),
]


@pytest.fixture(params=WITH, ids=str)
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A service with some drop-ins, as it is installed but for its program's place."""
    service, *drop_ins = request.param
    text = (UNITS / f"{service}.service").read_text(encoding="utf-8")
    program = "/opt/filmdex/bin/filmdex"
    assert program in text
    path = tmp_path / f"{service}.service"
    path.write_text(text.replace(program, shutil.which("true") or ""), encoding="utf-8")
    for name in drop_ins:
        (tmp_path / "filmdex.service.d").mkdir(exist_ok=True)
        shutil.copy(UNITS / f"{name}.conf", tmp_path / "filmdex.service.d")
    return path


def test_systemd_finds_nothing_wrong(analyze: str, unit: Path) -> None:
    told = subprocess.run([analyze, "verify", unit], capture_output=True, text=True)
    assert (told.returncode, told.stderr) == (0, "")


def test_a_mistake_would_be_found(analyze: str, unit: Path) -> None:
    unit.write_text(unit.read_text(encoding="utf-8") + "\n[Service]\nNiece=10\n", encoding="utf-8")
    told = subprocess.run([analyze, "verify", unit], capture_output=True, text=True)
    assert "Niece" in told.stderr


def test_the_service_is_hardly_exposed(analyze: str, unit: Path) -> None:
    told = subprocess.run(
        [analyze, "security", "--offline=true", unit], capture_output=True, text=True, check=True
    )
    level = re.search(r"exposure level for filmdex(?:-serve)?.service: ([\d.]+)", told.stdout)
    assert level
    assert float(level[1]) <= MOST_EXPOSED, told.stdout


def test_the_example_configuration_is_one() -> None:
    from filmdex.indexer.settings import load

    loaded = load(UNITS / "config.toml")
    assert [str(root.path) for root in loaded.settings.watch.roots] == ["/srv/films"]
