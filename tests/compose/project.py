"""A `docker compose` project of a test: brought up, looked into, hurt and taken down."""

import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
BOT_IMAGE = "photo-appeal-bot"
FULL_IMAGE, SLIM_IMAGE = "photo-appeal-api:full", "photo-appeal-api:slim"
PATIENCE_S = 600  # a busy machine needs minutes to import a runtime
LIST_TEMPORARY = """
import os
for folder in ("/tmp", "/dev/shm"):
    for _, _, files in os.walk(folder):
        print(*files)
"""


def docker(*words: str) -> str:
    """What the command printed; raises AssertionError with its complaints if it fails."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr[-4000:]}"
    return done.stdout


def until(condition: Callable[[], bool]) -> None:
    """Wait for the condition; a connection refused or cut means that it does not hold yet."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            if condition():
                return
        time.sleep(0.2)
    raise AssertionError(f"did not happen within {PATIENCE_S} s")


@dataclass(frozen=True)
class Project:
    """The repository's compose file with its own name, ports and settings."""

    settings_files: Sequence[Path]
    profiles: Sequence[str] = ()

    @classmethod
    def with_settings(
        cls, folder: Path, settings: Mapping[str, object], *, profiles: Sequence[str] = ()
    ) -> "Project":
        """A project whose `.env` has these settings, beside those that come for its profiles."""
        path = folder / "settings.env"
        path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), "utf-8")
        come_along = [ROOT / "deploy" / f"{profile}.env" for profile in profiles]
        return cls([*filter(Path.exists, come_along), path], profiles=profiles)

    def compose(self, *words: str) -> str:
        """What `docker compose` printed."""
        options = [f"--project-directory={ROOT}", "--project-name=photo-appeal-test"]
        options += [f"--env-file={path}" for path in self.settings_files]
        options += [f"--profile={profile}" for profile in self.profiles]
        return docker("compose", *options, *words)

    def up(self, *services: str) -> None:
        """Bring these up, or everything, and wait until it is healthy."""
        try:
            self.compose("up", "--detach", "--wait", f"--wait-timeout={PATIENCE_S}", *services)
        except AssertionError as error:
            raise AssertionError(self.compose("logs", "--tail=30")) from error

    def down(self) -> None:
        """Leave nothing, no volume either."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout=5")

    def containers(self, service: str) -> list[str]:
        """Ids of the service's containers, those that have ended too."""
        return self.compose("ps", "--all", "--quiet", service).split()

    def state(self, service: str) -> list[dict[str, Any]]:
        """What the engine knows of each of the service's containers."""
        found = self.containers(service)
        return json.loads(docker("inspect", *found)) if found else []

    def address(self, service: str, port: int) -> str:
        """Where the service's port is published on this machine."""
        return f"http://{self.compose('port', service, str(port)).strip()}"

    def python(self, container: str, program: str) -> str:
        """What a Python program prints in the container."""
        return docker("exec", container, "python", "-c", program)

    def temporary_files(self, container: str) -> set[str]:
        """Names of what lies in the folders that it may write to, beside its volumes."""
        return set(self.python(container, LIST_TEMPORARY).split())

    def crash(self, container: str) -> None:
        """Kill its first process as the kernel would: `docker kill` counts as a wish to stop."""
        pid = docker("inspect", "--format={{.State.Pid}}", container).strip()
        program = f"import os; os.kill({pid}, 9)"
        outside = ["--pid=host", "--user=0", "--entrypoint=python"]
        docker("run", "--rm", *outside, BOT_IMAGE, "-c", program)

    def exit_codes(self) -> dict[str, set[int]]:
        """Service → exit codes of its containers, once they have ended."""
        lines = self.compose("ps", "--all", "--format=json").splitlines()
        codes: dict[str, set[int]] = {}
        for each in map(json.loads, lines):
            codes.setdefault(each["Service"], set()).add(each["ExitCode"])
        return codes
