"""The bot and the service as processes of their own, which can be killed."""

import asyncio
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

import httpx
from aiohttp.test_utils import unused_port

from tests.bot.telegram.server import TOKEN

ROOT = Path(__file__).parents[2]
PATIENCE_S = 600  # a busy machine needs minutes to import a runtime
IMAGE_STARTS = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG", "HEIC": b"ftypheic", "WebP": b"WEBPVP"}
FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["bot.__main__", "inference_api.__main__"])


class Place(NamedTuple):
    """Where and with what a module is run."""

    module: str
    arguments: Sequence[str]
    environment: dict[str, str]
    folder: Path


def _run(place: Place) -> None:
    """The forked process from here on is `python -m module arguments…` in its folder."""
    with (place.folder / "log.txt").open("ab") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    os.chdir(place.folder)
    home = str(place.folder)  # a temporary file or a cache is found by `scan`, too
    os.environ.update({"HOME": home, "TMPDIR": home, **place.environment})
    sys.argv = [place.module, *place.arguments]
    sys.modules.pop(f"{place.module}.__main__", None)  # imported ahead; it is run now
    runpy.run_module(place.module, run_name="__main__", alter_sys=True)


@dataclass
class Process:
    """A module that is run again and again on the same port; its output is one log.

    Forked from a server that has imported `preload` once: aiogram's import alone takes seconds,
    and a chaos run starts hundreds of processes.
    """

    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    ready_url: str
    running: BaseProcess | None = None

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.running = FORKING.Process(target=_run, args=(self._place(),))
        self.running.start()

    def _place(self) -> "Place":
        return Place(self.module, self.arguments, dict(self.environment), self.folder)

    async def until_ready(self) -> None:
        async with asyncio.timeout(PATIENCE_S), httpx.AsyncClient() as http:
            while not await self._is_ready(http):
                assert self.running
                assert self.running.is_alive(), self.log()[-2000:]
                await asyncio.sleep(0.05)

    async def _is_ready(self, http: httpx.AsyncClient) -> bool:
        try:
            return (await http.get(self.ready_url)).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """As a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As a deployment does."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self.running:
            assert self.running.pid
            os.kill(self.running.pid, number)
            self.running.join(PATIENCE_S)
            self.running.close()
            self.running = None

    def log(self) -> str:
        return (self.folder / "log.txt").read_text("utf-8", errors="replace")

    def resident_mb(self) -> float:
        """Memory that the process has now (Linux)."""
        assert self.running
        status = Path(f"/proc/{self.running.pid}/status").read_text("ascii")
        return next(float(line.split()[1]) for line in status.splitlines() if "VmRSS" in line) / 1e3


@dataclass
class Workplace:
    """A folder in which both leave all that they leave; `scan` looks through it."""

    folder: Path
    processes: list[Process] = field(default_factory=list)

    def bot(
        self, *, api_server: str, service_url: str, port: int | None = None, **settings: object
    ) -> Process:
        port = port or unused_port()
        environment = {
            "BOT_TOKEN": TOKEN,
            "BOT_API_SERVER": api_server,
            "BOT_SERVICE_URL": service_url,
            "BOT_DATA_DIR": "record",
            "BOT_PORT": str(port),
            **{f"BOT_{name.upper()}": str(value) for name, value in settings.items()},
        }
        return self._add("bot", ["bot"], environment, f"http://127.0.0.1:{port}/readyz")

    def service(self) -> Process:
        """With the released models.

        The engine is the fastest that is here: TensorFlow takes as long to start as a whole round.
        """
        port = unused_port()
        environment = {
            "API_PORT": str(port),
            "API_MODELS_DIR": str(ROOT / "models"),
            "API_ENGINE": "auto",
        }
        command = ["inference_api", "serve"]
        return self._add("service", command, environment, f"http://127.0.0.1:{port}/readyz")

    def _add(
        self, name: str, command: list[str], environment: dict[str, str], ready_url: str
    ) -> Process:
        folder = self.folder / name
        process = Process(command[0], command[1:], environment, folder, ready_url)
        self.processes.append(process)
        return process

    def stop(self) -> None:
        for process in self.processes:
            process.stop()

    def scan(self) -> list[str]:
        """Files that hold the token or the start of an image."""
        needles = {"token": TOKEN.partition(":")[2].encode(), **IMAGE_STARTS}
        return [
            f"{path.relative_to(self.folder)}: {what}"
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
            for what, needle in needles.items()
            if needle in path.read_bytes()
        ]
