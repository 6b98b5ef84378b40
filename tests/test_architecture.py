"""The rules of docs/architecture.md, each also shown to catch a planted offence."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import rooms

ROOT = Path(__file__).parents[1]
PACKAGES = ["bot", "inference_api", "training", "benchmarks"]
MAX_LINES = 300
LEAVING_STILL = {  # libraries that end the process where they should raise
    "training/dataset/arrays.py",
    "training/detector/batches.py",
    "training/release/classifier_tables.py",
}
# Where, what is planted, and a part of the name of the contract that has to find it.
OFFENCES = [
    ("inference_api/errors.py", "import inference_api.vision.boxes", "service is made of layers"),
    ("inference_api/pipeline.py", "import inference_api.serving.runtime", "service is"),
    ("inference_api/pipeline.py", "import inference_api.http.problems", "service is made of"),
    ("inference_api/settings.py", "import inference_api.http.keys", "service is made of layers"),
    ("inference_api/vision/boxes.py", "import inference_api.metrics", "service is made of layers"),
    ("inference_api/engines/choice.py", "import inference_api.serving.runtime", "service is"),
    ("inference_api/new_room.py", "", "service is made of layers"),
    ("bot/words/messages.py", "import bot.answers.worker", "bot is made of layers"),
    ("bot/intake/updates.py", "import bot.answers.worker", "bot is made of layers"),
    ("bot/record/jobs.py", "import bot.inference.client", "bot is made of layers"),
    ("bot/new_room.py", "", "bot is made of layers"),
    ("training/prepare.py", "import training.export", "Training is made of layers"),
    ("training/dataset/draws.py", "import training.fitting.runs", "Training is made of layers"),
    ("training/detector/metrics.py", "import training.localizer.metrics", "Training is made of"),
    ("training/new_room.py", "", "Training is made of layers"),
    ("benchmarks/report/lines.py", "import benchmarks.speed.load", "benchmarks are made of layers"),
    ("benchmarks/new_room.py", "", "benchmarks are made of layers"),
    ("inference_api/http/routes.py", "import inference_api.http.app", "No two neighbors"),
    ("inference_api/serving/scheduler.py", "import inference_api.settings", "handed down"),
    ("bot/answers/worker.py", "import bot.settings", "handed down"),
    ("bot/__main__.py", "import inference_api.errors", "over HTTP only"),
    ("inference_api/http/routes.py", "import training", "service knows no other part"),
    ("training/prepare.py", "import inference_api.pipeline", "nothing else of it"),
    ("training/prepare.py", "import benchmarks", "nothing else of it"),
    ("benchmarks/naive.py", "import tests", "Nothing knows the tests"),
    ("inference_api/vision/boxes.py", "import time", "no clock"),
    ("inference_api/pipeline.py", "import fastapi", "own libraries only"),
    ("inference_api/vision/boxes.py", "import fastapi", "own libraries only"),
    ("inference_api/errors.py", "import pydantic", "own libraries only"),
    ("inference_api/http/routes.py", "import keras", "own libraries only"),
    ("inference_api/engines/litert.py", "import tensorflow", "own libraries only"),
    ("bot/__main__.py", "import tensorflow", "own libraries only"),
    ("bot/record/sqlite.py", "import redis", "own libraries only"),
    ("training/detector/mosaic.py", "import albumentations", "own libraries only"),
    ("benchmarks/report/lines.py", "import numpy", "own libraries only"),
]


def copied(folder: Path) -> Path:
    """`folder` with the packages and their rules, to plant offences in."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("*.pyc"))
    (folder / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "contracts.py", folder / "tests")
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return copied(tmp_path)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What import-linter says of each contract when every offence is planted at once."""
    root = copied(tmp_path_factory.mktemp("planted"))
    for file, planted, _ in OFFENCES:
        with (root / file).open("a", encoding="utf-8") as source:
            source.write(f"\n{planted}\n")
    _, *sections = re.split(r"^([^\n]+)\n-+\n", broken_contracts(root), flags=re.MULTILINE)
    return dict(zip(sections[::2], sections[1::2], strict=True))


def broken_contracts(root: Path) -> str:
    """What import-linter says of the packages in `root`; empty when every contract is kept."""
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def ruff_findings(path: Path, source: str) -> str:
    """What ruff says of `source`, were it the file `path` of this repository."""
    command = [sys.executable, "-m", "ruff", "check", "--stdin-filename", str(path), "-"]
    done = subprocess.run(
        command, cwd=ROOT, input=source, capture_output=True, text=True, check=False
    )
    return done.stdout


def long_files(root: Path) -> Iterator[Path]:
    """Python files of `root`'s packages and tests that are longer than MAX_LINES."""
    for folder in [*PACKAGES, "tests"]:
        for path in (root / folder).rglob("*.py"):
            if len(path.read_text(encoding="utf-8").splitlines()) > MAX_LINES:
                yield path


def test_every_import_follows_the_arrows() -> None:
    assert broken_contracts(ROOT) == ""


@pytest.mark.parametrize(("file", "planted", "contract"), OFFENCES)
def test_a_planted_import_is_reported(
    reports: dict[str, str], file: str, planted: str, contract: str
) -> None:
    module = file.removesuffix(".py").replace("/", ".")
    (report,) = [text for name, text in reports.items() if contract in name]

    if not planted:
        assert module.rpartition(".")[2] in report
    elif "neighbors" in contract:
        assert "inference_api.http" in report
    else:
        assert f"{module} -> {planted.removeprefix('import ')}" in report


def test_every_contract_is_tried() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    names = [contract["name"] for contract in rules["contracts"]]

    assert [name for name in names if not any(tried in name for *_, tried in OFFENCES)] == []


def test_the_docs_draw_the_rooms_as_they_are() -> None:
    """`make rooms` draws them anew."""
    page = (ROOT / rooms.PAGE).read_text(encoding="utf-8")

    assert "```mermaid" in page
    assert page == rooms.drawn(page, rooms.build())


@pytest.mark.parametrize(
    ("arrows", "floors", "shown"),
    [
        (set(), 1, set()),
        ({("a", "b")}, 2, {("a", "b")}),
        ({("a", "b"), ("b", "c"), ("a", "c")}, 3, {("a", "b"), ("b", "c")}),
        ({("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("a", "d")}, 3, "all but the last"),
    ],
)
def test_floors_are_counted_and_implied_arrows_left_out(arrows, floors, shown) -> None:
    assert rooms.floors(arrows) == floors
    wanted = arrows - {("a", "d")} if isinstance(shown, str) else shown
    assert rooms.longest_ways(arrows) == wanted


@pytest.mark.parametrize("read", ["os.environ['BOT_TOKEN']", "os.getenv('BOT_TOKEN')"])
def test_reading_the_environment_is_reported(read: str) -> None:
    source = f'"""A module."""\n\nimport os\n\ntoken = {read}\n'

    assert "TID251" in ruff_findings(ROOT / "bot" / "anything.py", source)


def leaving(root: Path) -> Iterator[Path]:
    """The files of `root` that end the process and are neither commands nor run by themselves."""
    for package in PACKAGES:
        for path in (root / package).rglob("*.py"):
            library = path.read_text("utf-8").partition("\nif __name__ ==")[0]
            is_command = path.stem == "__main__" or path.parent == root / package
            if not is_command and re.search(r"sys\.exit\(|SystemExit", library):
                yield path.relative_to(root)


def test_only_commands_end_the_process() -> None:
    assert {path.as_posix() for path in leaving(ROOT)} <= LEAVING_STILL


def test_a_library_that_ends_the_process_is_reported(copy: Path) -> None:
    (copy / "training" / "dataset" / "leaving.py").write_text("raise SystemExit('no photos')\n")
    (copy / "training" / "leaving.py").write_text("raise SystemExit('no photos')\n")

    assert set(leaving(copy)) - set(leaving(ROOT)) == {Path("training/dataset/leaving.py")}


def test_no_file_is_too_long() -> None:
    assert list(long_files(ROOT)) == []


def test_a_long_file_is_reported(copy: Path) -> None:
    long = copy / "bot" / "long.py"
    long.write_text("x = 1\n" * (MAX_LINES + 1), encoding="utf-8")
    (copy / "bot" / "just_right.py").write_text("x = 1\n" * MAX_LINES, encoding="utf-8")

    assert list(long_files(copy)) == [long]
