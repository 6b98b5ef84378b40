"""Servers to measure: each a process of its own on a free port of loopback."""

import math
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import httpx
import psutil

from benchmarks import ROOT
from benchmarks.peers import PEERS_DIR

PATIENCE_S = 600  # for a start
LOG_TAIL = 2000  # characters
Answer = Literal["predict", "annotate"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)


class ServerFailedError(Exception):
    """A server ended, or was not ready in time."""

    def __init__(self, *, name: str, log: str) -> None:
        super().__init__(
            f"{name} did not become ready: {log[-LOG_TAIL:].strip() or 'it said nothing'}"
        )
        self.name = name
        self.log = log


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a server is asked: its addresses, the photo's field in the form and the other fields.

    answers: those it can give, each with where to get it. max_side: pixels of the largest photo
    that it is asked about.
    """

    answers: Mapping[Answer, str] = field(default_factory=lambda: {a: f"/v1/{a}" for a in ANSWERS})
    photo_field: str = "photo"
    fields: Mapping[str, str] = field(default_factory=dict)
    alive: str = "/livez"
    ready: str = "/readyz"
    max_side: float = math.inf


OURS = Dialect()


@dataclass(frozen=True, slots=True)
class Command:
    """How a server is started: `python ARGUMENTS` with these variables; PORT stands for its port.

    Other variables that begin with `API_` are not handed on, nor is a file `.env` read.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    python: Path = Path(sys.executable)
    dialect: Dialect = OURS


PORT = "{port}"
NAIVE = Command(
    "naive", ["-m", "benchmarks.naive", "--port", PORT], {"KERAS_BACKEND": "tensorflow"}
)

DEEPFACE = Command(
    "deepface",
    ["-m", "benchmarks.peers.deepface_api", "--port", PORT],
    {"DEEPFACE_HOME": "."},
    python=PEERS_DIR / "deepface" / "bin" / "python",
    dialect=Dialect(
        {"predict": "/analyze"}, "img", {"actions": "gender"}, alive="/", ready="/", max_side=1280
    ),
)


def our_service(models_dir: Path, *, pair: str = "original", engine: str = "savedmodel") -> Command:
    """The service of this repository with the artifacts in `models_dir`."""
    environment = {
        "API_PORT": PORT,
        "API_MODELS_DIR": str(models_dir.resolve()),
        "API_MODELS": pair,
        "API_ENGINE": engine,
    }
    return Command(f"{pair} {engine}", ["-m", "inference_api", "serve"], environment)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is ready; ready_s: seconds from its start until it was."""

    name: str
    base_url: str
    ready_s: float
    process: psutil.Process
    dialect: Dialect

    @property
    def cpu_s(self) -> float:
        """Seconds of processor time used so far, all threads."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    @property
    def rss_mb(self) -> float:
        """Memory now resident, millions of bytes."""
        return float(self.process.memory_info().rss / 1e6)

    def measure_tree_mb(self) -> float:
        """Memory of all its processes, millions of bytes; what they share counts once."""
        total = 0.0
        for each in (self.process, *self.process.children(recursive=True)):
            with suppress(psutil.Error):  # one that has just ended
                total += each.memory_full_info().pss
        return total / 1e6


@contextmanager
def running(command: Command) -> Iterator[Server]:
    """The server, ready; it is ended on leaving. Raises ServerFailedError with its log."""
    port = _free_port()
    arguments = [word.replace(PORT, str(port)) for word in command.arguments]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as log:
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own commands
            [command.python, *arguments],
            cwd=folder, env=_environment(command, port), stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            base_url = f"http://127.0.0.1:{port}"
            if not _becomes_ready(process, base_url + command.dialect.ready):
                log.seek(0)
                raise ServerFailedError(name=command.name, log=log.read())
            ready_s = time.perf_counter() - started
            pid = psutil.Process(process.pid)
            yield Server(command.name, base_url, ready_s, pid, command.dialect)
        finally:
            _end(process)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _environment(command: Command, port: int) -> dict[str, str]:
    inherited = os.environ  # noqa: TID251 - handed on to another process
    kept = {name: value for name, value in inherited.items() if not name.startswith("API_")}
    own = {name: value.replace(PORT, str(port)) for name, value in command.environment.items()}
    return {**kept, "PYTHONPATH": str(ROOT), **own}


def _becomes_ready(process: subprocess.Popen[bytes], url: str) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return True
        except httpx.TransportError:
            pass  # it does not listen yet
        time.sleep(0.05)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
