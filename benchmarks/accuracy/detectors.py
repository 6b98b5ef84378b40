"""Detectors to compare: each a process of its own environment that is asked photo by photo."""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from benchmarks import ROOT
from benchmarks.peers.answering import About, Answer
from inference_api.vision.released import PAIRS, PairName
from inference_api.vision.spec import SPEC_FILE

PATIENCE_S = 600  # for a start or an answer
LAST_WORDS_S = 60
LOG_TAIL = 500  # characters
OURS = {pair: f"ours, {pair}" for pair in PAIRS}
"""Name in the tables by pair."""
PEER_ENVIRONMENTS = {  # by environment: name in the tables → what is run there
    "yunet": {"YuNet": ["benchmarks.peers.yunet"]},
    "mtcnn": {"MTCNN": ["benchmarks.peers.mtcnn"]},
    "mediapipe": {
        "MediaPipe, short range": ["benchmarks.peers.mediapipe", "--range", "short"],
        "MediaPipe, full range": ["benchmarks.peers.mediapipe", "--range", "full"],
    },
    "dlib": {
        "dlib, HOG": ["benchmarks.peers.dlib_hog"],
        "dlib, CNN": ["benchmarks.peers.dlib_cnn"],
    },
}


class DetectorFailedError(Exception):
    """A detector ended before it had answered, or took too long."""

    def __init__(self, *, name: str, log: str) -> None:
        super().__init__(f"{name} failed: {log[-LOG_TAIL:].strip() or 'it said nothing'}")
        self.name = name
        self.log = log


@dataclass(frozen=True, slots=True)
class Candidate:
    """A detector that may be installed: `PYTHON -m WORDS`, if the file `needs` is there.

    advice: what to do when it is not.
    """

    name: str
    python: Path
    words: Sequence[str]
    needs: Path
    advice: str


def candidates(models_dir: Path, *, engine: str, peers_dir: Path) -> list[Candidate]:
    """Our pairs, run by `engine` (see `load_pipeline`), and every peer, installed or not."""
    here = Path(sys.executable)
    haar = Candidate("Haar cascade", here, ["benchmarks.peers.haar"], here, "")
    ours = (our_pair(name, models_dir, pair=pair, engine=engine) for pair, name in OURS.items())
    return [*ours, haar, *_peers(peers_dir)]


def our_pair(
    name: str, models_dir: Path, *, pair: PairName, engine: str, alone: bool = False
) -> Candidate:
    """A pair's localizer, run by `engine`; alone: it is timed without what is around it."""
    spec = models_dir / PAIRS[pair][0] / SPEC_FILE
    words = ["benchmarks.peers.ours", "--models", str(models_dir.resolve()), "--engine", engine]
    words += ["--pair", pair, *(["--alone"] if alone else [])]
    return Candidate(name, Path(sys.executable), words, spec, f"there is no {spec}")


def _peers(peers_dir: Path) -> Iterator[Candidate]:
    for environment, peers in PEER_ENVIRONMENTS.items():
        python = peers_dir / environment / "bin" / "python"
        for name, words in peers.items():
            yield Candidate(
                name, python, words, python, f"make peers PEERS={environment} sets it up"
            )


class Running:
    """A detector that is ready; `about` says what it is."""

    def __init__(self, name: str, process: subprocess.Popen[str], log: IO[str]) -> None:
        self._name = name
        self._process = process
        self._log = log
        self.about = About(**self._read())

    def ask(self, pixels_file: Path) -> Answer:
        """What it finds in the photo of a .npy file. Raises DetectorFailedError."""
        # A pipe that is broken is told of below, with the detector's last words.
        with suppress(BrokenPipeError):
            print(pixels_file, file=self._process.stdin, flush=True)
        return Answer(**self._read())

    def _read(self) -> dict[str, Any]:
        patience = threading.Timer(PATIENCE_S, self._process.kill)
        patience.start()
        try:
            line = cast("IO[str]", self._process.stdout).readline()
        finally:
            patience.cancel()
        if not line:
            # Its output ends before it has said why on its way out.
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(LAST_WORDS_S)
            self._log.seek(0)
            raise DetectorFailedError(name=self._name, log=self._log.read())
        return dict(json.loads(line))


@contextmanager
def running(candidate: Candidate, *, every: bool) -> Iterator[Running]:
    """The detector, ready; it is ended on leaving. Raises DetectorFailedError with its log.

    every: whether it tells of boxes too improbable to be called faces.
    """
    command = [str(candidate.python), "-m", *candidate.words, *(["--every"] if every else [])]
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            command, cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
        try:
            yield Running(candidate.name, process, log)
        finally:
            process.kill()  # it keeps nothing that could be lost
            process.communicate()
