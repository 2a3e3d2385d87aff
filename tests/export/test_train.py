"""A whole training on pictures whose right answer is known: what is red, and what is green."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from clips import BLUE, GREEN, RED, Take, render
from filmdex.db.errors import ModelError
from filmdex.export.heads import Preset
from filmdex.export.order import Order
from filmdex.export.promises import Promise
from filmdex.export.run_folder import RunFolder
from filmdex.export.thresholds import BestF
from filmdex.indexer import bundle
from filmdex.indexer.card import Trained, Untrained
from filmdex.indexer.network import Network

FILMDEX = Path(sys.executable).with_name("filmdex")
TAGS = ("Red", "Green", "Rare")
PER_TAG, SOURCES = 80, 10


def paint(path: Path, rgb: tuple[int, int, int], seed: int) -> None:
    """Write a picture of one colour with noise and a few blots of other colours on it."""
    rng = np.random.default_rng(seed)
    picture = np.clip(np.array(rgb) + rng.normal(0, 25, (48, 48, 3)), 0, 255).astype(np.uint8)
    for _ in range(3):
        y, x = rng.integers(0, 40, 2)
        picture[y : y + 8, x : x + 8] = rng.integers(0, 256, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture[:, :, ::-1])


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders Red, Green and _none, from ten sources; of Rare there are too few."""
    folder = tmp_path_factory.mktemp("pictures")
    colours = {"Red": RED, "Green": GREEN, "_none": BLUE}
    for place, (name, rgb) in enumerate(colours.items()):
        for n in range(PER_TAG):
            paint(folder / name / f"s{n % SOURCES}_{n}.png", rgb, 1000 * place + n)
    for n in range(4):
        paint(folder / "Rare" / f"s{n}_rare.png", (200, 200, 40), 9000 + n)
    return folder


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tags = [{"tag": t, "slug": t.lower(), "folder": t, "group": "colour"} for t in TAGS]
    path = tmp_path_factory.mktemp("vocabulary") / "colours.json"
    path.write_text(json.dumps({"source": "a test", "tags": tags}), encoding="utf-8")
    return path


@pytest.fixture
def command(pictures: Path, vocabulary: Path, bundle_path: Path) -> list[str]:
    """The command line of a training on a backbone that sees mean colours, but for the output."""
    backbone = f"bundle:{bundle_path}"
    return ["train", str(pictures), "--vocabulary", str(vocabulary), "--backbone", backbone]


def filmdex(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([FILMDEX, *map(str, words)], capture_output=True, text=True)


@pytest.mark.parametrize(
    ("preset", "epochs"),
    [("multilabel", 200), pytest.param("paper", 60, marks=pytest.mark.long)],
)
def test_a_training_ends_in_a_model_that_tells_red_from_green(
    command: list[str], tmp_path: Path, preset: str, epochs: int
) -> None:
    run = tmp_path / "my run"
    done = filmdex(*command, "--preset", preset, "--epochs", epochs, "--single", "-o", run)
    assert done.returncode == 0, done.stderr
    assert "fixed extractor" in done.stderr
    made = bundle.load(bundle.locate(str(run)))
    kinds = {entry.tag: type(entry.ability) for entry in made.card.tags}
    assert kinds == {"Red": Trained, "Green": Trained, "Rare": Untrained}
    assert all(
        entry.ability.quality.average_precision > 0.95
        for entry in made.card.tags
        if isinstance(entry.ability, Trained)
    )
    splits = json.loads((run / "splits.json").read_text(encoding="utf-8"))
    assert {len(splits[side]) > 0 for side in ("train", "validation", "test")} == {True}
    assert filmdex("model", "verify", run).returncode == 0
    film, library = tmp_path / "film.mkv", tmp_path / "library.db"
    render(film, [Take(RED, 30), Take(GREEN, 30), Take(BLUE, 30)])
    indexed = filmdex("index", film, "--model", run, "--database", library)
    assert indexed.returncode == 0, indexed.stderr
    shown = json.loads(filmdex("show", film, "--json", "--database", library).stdout)
    assert [shot["present"] for shot in shown["shots"]] == [["Red"], ["Green"], []]


@pytest.mark.long
def test_an_evaluation_is_written_for_people_and_for_programs(
    command: list[str], tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for run, preset in ((first, "multilabel"), (second, "paper")):
        trained = filmdex(*command, "--preset", preset, "--epochs", 40, "-q", "-o", run)
        assert trained.returncode == 0, trained.stderr
    evaluated = filmdex("evaluate", first, "--folds", 5, "--across", 10)
    assert evaluated.returncode == 0, evaluated.stderr
    facts = json.loads((first / "evaluation/evaluation.json").read_text(encoding="utf-8"))
    assert {tag["tag"] for tag in facts["tags"]} == {"Red", "Green"}
    assert facts["overall"]["macro"]["auc"]["value"] > 0.95
    assert "<html" in (first / "evaluation/index.html").read_text(encoding="utf-8")
    compared = filmdex("evaluate", "--compare", first, second, "-o", tmp_path / "both")
    assert compared.returncode == 0, compared.stderr
    both = json.loads((tmp_path / "both/evaluation.json").read_text(encoding="utf-8"))
    assert [model["name"] for model in both["models"]] == ["first", "second"]


@pytest.mark.long
def test_the_same_order_gives_the_same_answers(command: list[str], tmp_path: Path) -> None:
    answers = []
    for name in ("once", "twice"):
        run = tmp_path / name
        assert filmdex(*command, "--epochs", 20, "-q", "-o", run).returncode == 0
        answers.append(bundle.load(bundle.locate(str(run))).card.golden)
    assert answers[0] == answers[1]


@pytest.mark.long
def test_a_finished_training_is_not_written_over(command: list[str], tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert filmdex(*command, "--epochs", 5, "-q", "-o", run).returncode in (0, 1)
    (run / "bundle").mkdir(exist_ok=True)
    again = filmdex(*command, "--epochs", 5, "-q", "-o", run)
    assert again.returncode == 1
    assert "finished; name another folder" in again.stderr


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--preset", "binary"], "--preset binary and --tag go together"),
        (["--strategy", "fine-tune"], "frozen and cannot be trained further"),
        (["--preset", "binary", "--tag", "Rad"], "the nearest is 'Red'"),
        (["--unfreeze", "none"], "cannot unfreeze 'none'"),
        (["--miss-rate", "0.001", "--confidence", "0.999"], "no tag was learnt"),
    ],
)
def test_what_cannot_be_is_refused(
    command: list[str], tmp_path: Path, words: list[str], reason: str
) -> None:
    refused = filmdex(*command, *words, "-q", "-o", tmp_path / "run")
    assert refused.returncode == 1
    assert reason in refused.stderr
    assert not (tmp_path / "run/bundle").exists()


@pytest.mark.long
def test_a_binary_head_is_for_one_tag(command: list[str], tmp_path: Path) -> None:
    run = tmp_path / "red"
    words = ["--preset", "binary", "--tag", "Red", "--epochs", "40", "-q", "-o", run]
    done = filmdex(*command, *words)
    assert done.returncode == 0, done.stderr
    network = Network.open(bundle.load(bundle.locate(str(run))), "cpu", threads=1)
    assert [entry.tag for entry in network.bundle.card.tags] == ["Red"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "precision"),
    [
        # To random weights all pictures look nearly alike here; float16 loses the difference, and
        # the bundle is refused.
        (["--strategy", "fine-tune", "--augment", "--epochs", "3"], "float32"),
        (["--strategy", "fixed"], "float16"),
        (["--strategy", "probe", "--stage", "expanded_conv_3"], "float16"),
    ],
)
def test_a_network_of_keras_goes_all_the_way(
    pictures: Path, vocabulary: Path, tmp_path: Path, words: list[str], precision: str
) -> None:
    """Random weights too tell colours apart; what tells here is that each step is gone through."""
    network = ["--backbone", "mobilenet_v3_small", "--weights", "random"]
    run = tmp_path / "run"
    done = filmdex("train", pictures, "--vocabulary", vocabulary, *network, *words, "-q", "-o", run)
    assert done.returncode == 0, done.stderr
    assert filmdex("model", "verify", run).returncode == 0
    first = bundle.load(bundle.locate(str(run))).card
    again = filmdex("export", "bundle", run, "--precision", precision, "--single", "-q")
    assert again.returncode == 0, again.stderr
    second = bundle.load(bundle.locate(str(run))).card
    assert (first.precisions, second.precisions) == (("float32",), (precision,))
    assert (first.single, second.single is None) == (None, False)
    assert first.tags == second.tags
    assert RunFolder.open(run)[1].precisions == (precision,)
    assert filmdex("model", "verify", run).returncode == 0


def order(**changes: object) -> Order:
    facts: dict[str, object] = {
        "name": "a",
        "data_set": "/pictures",
        "vocabulary": None,
        "preset": Preset.MULTILABEL,
        "tag": None,
        "backbone": "vgg16",
        "weights": "random",
        "strategy": "auto",
        "stage": None,
        "unfreeze": 2,
        "augment": True,
        "epochs": None,
        "seed": 1,
        "precisions": ("float32", "int8"),
        "single": False,
    }
    return Order(**(facts | changes))  # type: ignore[arg-type]


def test_an_order_reads_back(tmp_path: Path) -> None:
    for rule in (BestF(1.0), Promise(0.02, 0.95)):
        assert Order.loads(order(rule=rule).dumps(), tmp_path) == order(rule=rule)


def test_a_folder_with_another_training_is_refused(tmp_path: Path) -> None:
    RunFolder.begin(tmp_path / "run", order())
    assert RunFolder.begin(tmp_path / "run", order()).path == tmp_path / "run"
    with pytest.raises(ModelError, match="a training with other settings was begun here"):
        RunFolder.begin(tmp_path / "run", order(seed=2))
    (tmp_path / "full").mkdir()
    (tmp_path / "full/a").touch()
    with pytest.raises(ModelError, match="not empty, and no training"):
        RunFolder.begin(tmp_path / "full", order())
