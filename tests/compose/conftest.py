"""Needs a Docker engine on this machine; without one every test here is skipped."""

import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack

import pytest
from aiohttp.test_utils import unused_port

from tests.bot.telegram.server import FakeTelegram, fake_telegram
from tests.compose.project import Project, docker

StartProject = Callable[..., Project]


def engine_version() -> str:
    """Of this machine's Docker engine; empty where none answers."""
    if not shutil.which("docker"):
        return ""
    asked = ["docker", "info", "--format={{.ServerVersion}}"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def pytest_report_header() -> str:
    """Name the engine, where only these tests are run."""
    return f"Docker engine: {engine_version() or 'none'}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests measured."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")


@pytest.fixture(scope="session", autouse=True)
def images(tmp_path_factory: pytest.TempPathFactory) -> None:
    """All images, built from this checkout as `docker compose` does it."""
    if not engine_version():
        pytest.skip("no Docker engine answers on this machine")
    folder = tmp_path_factory.mktemp("build")
    for target in ("full", "slim"):
        Project.with_settings(folder, {"TARGET_OF_API": target}).compose("build")


def projects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartProject]:
    """Makes projects on a free port; they are taken down at the end, volumes and all."""
    with ExitStack() as stack:

        def make(*profiles: str, **settings: object) -> Project:
            everything = {"PUBLISH_API": f"127.0.0.1:{unused_port()}", **settings}
            folder = tmp_path_factory.mktemp("project")
            made = Project.with_settings(folder, everything, profiles=profiles)
            stack.callback(made.down)
            return made

        yield make


project = pytest.fixture(projects)
project_of_module = pytest.fixture(scope="module")(projects)


@pytest.fixture(scope="session")
def host() -> str:
    """This machine's address as containers see it (Linux)."""
    return docker(
        "network", "inspect", "bridge", "--format={{(index .IPAM.Config 0).Gateway}}"
    ).strip()


@pytest.fixture
async def telegram(host: str) -> AsyncIterator[FakeTelegram]:
    """A fake Telegram that containers can reach."""
    async with fake_telegram(host=host) as telegram:
        yield telegram
    assert telegram.limits.violations == []
