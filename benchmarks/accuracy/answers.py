"""What detectors find in photos, and how long they take: the asking, and what is kept of it."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from tqdm import tqdm

from benchmarks.accuracy.detectors import Candidate, Running, running
from benchmarks.peers.answering import About, Answer
from inference_api.vision.images import decode

WARM_UP = 5  # photos that are not timed


@dataclass(frozen=True, slots=True)
class Answers:
    """What a detector is, and its answer for each photo."""

    about: About
    by_photo: Mapping[Path, Answer]


@dataclass(frozen=True, slots=True)
class Timed:
    """What a detector is, and its median milliseconds a photo."""

    about: About
    ms: float


class Asker:
    """Shows photos to detectors through one file of pixels, written anew for each."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "pixels.npy"
        self._limits = np.zeros(4)

    def show(self, photo: Path) -> None:
        """Decode the photo as the service does. Raises ImageRejectedError."""
        image = decode(photo.read_bytes())
        np.save(self._file, image)
        height, width = image.shape[:2]
        self._limits = np.array([width, height, width, height])

    def ask(self, detector: Running) -> Answer:
        """Its answer for the photo last shown, boxes clipped to it. Raises DetectorFailedError."""
        said = detector.ask(self._file)
        boxes = np.reshape(said.boxes_xyxy, (-1, 4)).clip(0, self._limits)
        return Answer(boxes.tolist(), said.scores, said.ms)


def answers_of(candidate: Candidate, photos: Sequence[Path], *, kept: Path, reuse: bool) -> Answers:
    """Its answers for all photos, written to the file `kept` as they come.

    reuse: take those that are there already, if the detector has not changed since.
    Raises DetectorFailedError and ImageRejectedError.
    """
    with running(candidate, every=True) as detector, TemporaryDirectory() as folder:
        asker = Asker(Path(folder))
        known = _read(kept, detector.about) if reuse else {}
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.open("w", encoding="utf-8", buffering=1) as file:
            print(json.dumps(asdict(detector.about)), file=file)
            for photo, answer in known.items():
                print(_line(photo, answer), file=file)
            for photo in tqdm(photos, desc=candidate.name, unit="photo", disable=None):
                if photo not in known:
                    asker.show(photo)
                    known[photo] = asker.ask(detector)
                    print(_line(photo, known[photo]), file=file)
        return Answers(detector.about, {photo: known[photo] for photo in photos})


def times_of(candidates: Sequence[Candidate], photos: Sequence[Path]) -> dict[str, Timed]:
    """Each candidate timed, by name; every photo is shown to all, one after the other.

    So whatever else the machine does falls on all of them; the first WARM_UP photos are left
    out. Raises DetectorFailedError and ImageRejectedError.
    """
    with ExitStack() as stack:
        asker = Asker(Path(stack.enter_context(TemporaryDirectory())))
        detectors = {
            each.name: stack.enter_context(running(each, every=False)) for each in candidates
        }
        times: dict[str, list[float]] = {name: [] for name in detectors}
        for number, photo in enumerate(tqdm(photos, desc="times", unit="photo", disable=None)):
            asker.show(photo)
            for name in [*detectors][:: -1 if number % 2 else 1]:
                times[name].append(asker.ask(detectors[name]).ms)
    return {
        name: Timed(detector.about, float(np.median(times[name][WARM_UP:])))
        for name, detector in detectors.items()
    }


def _line(photo: Path, answer: Answer) -> str:
    return json.dumps({"photo": str(photo), **asdict(answer)})


def _read(kept: Path, about: About) -> dict[Path, Answer]:
    """The answers that were kept, if the detector is the same as then."""
    lines = kept.read_text("utf-8").splitlines() if kept.is_file() else []
    if not lines or lines[0] != json.dumps(asdict(about)):
        return {}
    answers = {}
    with suppress(json.JSONDecodeError):  # of a last line that was cut short
        for row in map(json.loads, lines[1:]):
            photo = Path(row.pop("photo"))
            answers[photo] = Answer(**row)
    return answers
