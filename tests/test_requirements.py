"""The locks in requirements/ say what pyproject.toml asks for, once for all parts."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PARTS = ["run", "service", "litert", "bot", "training", "dev"]
# They agree with nothing.
PEERS = ["peer-deepface", "peer-dlib", "peer-mediapipe", "peer-mtcnn", "peer-yunet"]
PYTHONS = ["3.11", "3.12", "3.13"]

Pins = dict[str, str]


def extra(part: str) -> list[Requirement]:
    """The part's requirements of pyproject.toml, with other extras unfolded."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(line) for line in project["optional-dependencies"][part]]
    own = [need for need in wanted if need.name != project["name"]]
    folded = [name for need in wanted if need.name == project["name"] for name in need.extras]
    return own + [need for name in folded for need in extra(name)]


def entries(text: str) -> list[str]:
    """The lock's entries: a pin, its hashes and the comment that says what asked for it."""
    return re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE | re.IGNORECASE)[1:]


def pins(text: str, *, python: str) -> Pins:
    """Name → version of a lock on Linux and a Python version like 3.11."""
    machine = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
    }
    found = [Requirement(entry.splitlines()[0].rstrip(" \\")) for entry in entries(text)]
    applied = [pin for pin in found if pin.marker is None or pin.marker.evaluate(machine)]
    return {pin.name: str(pin.specifier).removeprefix("==") for pin in applied}


def unmet(wanted: list[Requirement], pinned: Pins) -> list[str]:
    """The requirements for this machine that no pin satisfies."""
    applied = [need for need in wanted if need.marker is None or need.marker.evaluate()]
    return [
        str(need)
        for need in applied
        if need.name not in pinned or not need.specifier.contains(pinned[need.name])
    ]


def asked_for(text: str) -> set[str]:
    """The packages that the lock says pyproject.toml itself asked for."""
    direct = [entry for entry in entries(text) if "photo-appeal (pyproject.toml)" in entry]
    return {Requirement(entry.split("=")[0]).name for entry in direct}


@pytest.fixture(params=[*PARTS, *PEERS])
def part(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def lock(part: str) -> str:
    return (ROOT / "requirements" / f"{part}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("python", PYTHONS)
def test_every_requirement_is_pinned(part: str, lock: str, python: str) -> None:
    assert unmet(extra(part), pins(lock, python=python)) == []


def test_nothing_is_left_over(part: str, lock: str) -> None:
    assert asked_for(lock) == {need.name for need in extra(part)}


def test_every_pin_has_hashes(lock: str) -> None:
    assert [entry for entry in entries(lock) if "--hash=sha256:" not in entry] == []


def test_no_index_is_named(lock: str) -> None:
    assert not re.search(r"://|index-url|find-links", lock)


@pytest.mark.parametrize("part", PARTS, indirect=True)
@pytest.mark.parametrize("python", PYTHONS)
def test_the_parts_agree(lock: str, python: str) -> None:
    whole = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")

    assert pins(lock, python=python).items() <= pins(whole, python=python).items()


@pytest.mark.parametrize(
    ("wanted", "pinned", "complaints"),
    [
        ([], {}, []),
        (["httpx>=0.28,<1"], {"httpx": "0.28.1"}, []),
        (["httpx>=0.28,<1"], {"httpx": "1.0"}, ["httpx<1,>=0.28"]),
        (["httpx"], {}, ["httpx"]),
        (["winreg>=1; sys_platform == 'win32'"], {}, []),
    ],
)
def test_a_stale_lock_is_reported(wanted: list[str], pinned: Pins, complaints: list[str]) -> None:
    assert unmet([Requirement(line) for line in wanted], pinned) == complaints
