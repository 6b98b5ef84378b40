"""The rules of docs/architecture.md, each also shown to catch a planted offence."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ["bot", "inference_api", "training", "benchmarks"]
MAX_LINES = 300


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and their rules, to plant offences in."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


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


@pytest.mark.parametrize(
    ("file", "planted", "contract"),
    [
        ("bot/__main__.py", "import inference_api.errors", "over HTTP only"),
        ("bot/__main__.py", "import tensorflow", "over HTTP only"),
        ("inference_api/errors.py", "import inference_api.vision.boxes", "made of layers"),
        ("inference_api/pipeline.py", "import inference_api.serving.scheduler", "made of layers"),
        ("inference_api/http/routes.py", "import training", "knows no other part"),
        ("inference_api/http/routes.py", "import keras", "in engines/ only"),
        ("inference_api/vision/boxes.py", "import time", "no event loop, no clock"),
        ("inference_api/vision/boxes.py", "import fastapi", "no event loop, no clock"),
        ("inference_api/pipeline.py", "import inference_api.http.problems", "made of layers"),
        (
            "inference_api/settings.py",
            "import inference_api.http.problems",
            "know the service's HTTP",
        ),
        ("bot/words/messages.py", "import bot.answers.worker", "bot is made of layers"),
        ("bot/intake/updates.py", "import bot.answers.worker", "bot is made of layers"),
        ("training/prepare.py", "import training.export", "Training is made of layers"),
        ("training/dataset/draws.py", "import training.fitting.runs", "Training is made of layers"),
        (
            "benchmarks/report/lines.py",
            "import benchmarks.speed.load",
            "benchmarks are made of layers",
        ),
        ("training/prepare.py", "import inference_api.pipeline", "nothing else of it"),
        ("training/prepare.py", "import benchmarks", "nothing else of it"),
    ],
)
def test_a_planted_import_is_reported(copy: Path, file: str, planted: str, contract: str) -> None:
    with (copy / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{planted}\n")

    report = broken_contracts(copy)

    assert f"{contract} BROKEN" in " ".join(report.split())


@pytest.mark.parametrize("read", ["os.environ['BOT_TOKEN']", "os.getenv('BOT_TOKEN')"])
def test_reading_the_environment_is_reported(read: str) -> None:
    source = f'"""A module."""\n\nimport os\n\ntoken = {read}\n'

    assert "TID251" in ruff_findings(ROOT / "bot" / "anything.py", source)


def test_no_file_is_too_long() -> None:
    assert list(long_files(ROOT)) == []


def test_a_long_file_is_reported(copy: Path) -> None:
    long = copy / "bot" / "long.py"
    long.write_text("x = 1\n" * (MAX_LINES + 1), encoding="utf-8")
    (copy / "bot" / "just_right.py").write_text("x = 1\n" * MAX_LINES, encoding="utf-8")

    assert list(long_files(copy)) == [long]
