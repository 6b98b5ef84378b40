"""The words of docs/architecture.md that are easy to hold, each also shown to catch a plant."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# A name that is wrong, and where the right one is settled.
RULES = [
    # A score is what people gave; what a network gives is a probability.
    (r"(.*_)?scores?", ["inference_api", "bot"]),
    (r"(least|most)_.*", ["benchmarks", "inference_api/engines", "training/localizer"]),
    (r"(.*_)?(utils?|helpers?|managers?)", ["benchmarks", "bot", "inference_api", "training"]),
]


def names(source: str) -> Iterator[str]:
    """Every name that the source gives to something."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name


def wrong_names(root: Path) -> list[str]:
    """The names in `root` that a rule forbids where they stand, as `file: name`."""
    return [
        f"{path.relative_to(root).as_posix()}: {name}"
        for wrong, rooms in RULES
        for room in rooms
        for path in sorted((root / room).rglob("*.py"))
        for name in (path.stem, *names(path.read_text("utf-8")))
        if re.fullmatch(wrong, name, re.IGNORECASE)
    ]


def test_things_are_called_by_their_words() -> None:
    assert wrong_names(ROOT) == []


@pytest.mark.parametrize(
    ("file", "source", "name"),
    [
        ("inference_api/vision/boxes.py", "def suppress(boxes, scores): ...", "scores"),
        ("bot/words/messages.py", "face_score = 1", "face_score"),
        ("benchmarks/speed/targets.py", "MOST_MB = 12", "MOST_MB"),
        ("benchmarks/speed/targets.py", "def least_of(): ...", "least_of"),
        ("training/utils.py", "", "utils"),
    ],
)
def test_a_wrong_name_is_reported(tmp_path: Path, file: str, source: str, name: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(source)

    assert wrong_names(tmp_path) == [f"{file}: {name}"]


@pytest.mark.parametrize("source", ["", "at_least = 1", "max_mb = 1", "most = 1", "underscore = 1"])
def test_other_names_are_left_alone(tmp_path: Path, source: str) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "lines.py").write_text(source)

    assert wrong_names(tmp_path) == []
