"""How a detector answers in a process of its own: a line in for each photo, a line out.

In: the path of a photo's pixels, a .npy file of uint8 RGB (H, W, 3), so that every detector sees
the same ones and none is timed for decoding. Out: JSON, first `About`, then an `Answer` for each
photo. It needs NumPy alone, as that is all that every peer's environment has.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

Pixels = Any
"""uint8 RGB (H, W, 3)."""
Scored = tuple[float, float, float, float, float]
"""left, top, right, bottom in pixels, and the score."""


@dataclass(frozen=True, slots=True)
class About:
    """What answers: versions by name, and the least score that the detector calls a face."""

    versions: Mapping[str, str]
    threshold: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found in one photo, boxes (K, 4) and scores (K), and how long that took."""

    boxes_xyxy: Sequence[Sequence[float]]
    scores: Sequence[float]
    ms: float


def _as_it_is(pixels: Pixels) -> Pixels:
    return pixels


@dataclass(frozen=True, slots=True)
class Detector:
    """A detector that is ready; detect: what it finds in what `prepare` makes of a photo.

    detect is timed and prepare is not; left out, it makes nothing of the photo.
    """

    about: About
    detect: Callable[[Any], Sequence[Scored]]
    prepare: Callable[[Pixels], Any] = _as_it_is


def answer(load: Callable[[bool], Detector]) -> None:
    """Load the detector and answer until the input ends.

    load: is given whether `--every` stands on the command line: whether boxes are wanted that
    the detector finds too improbable to call faces, for its precision-recall curve.
    """
    # What libraries print must not get between the answers.
    with os.fdopen(os.dup(1), "w", buffering=1) as out:
        os.dup2(2, 1)
        detector = load("--every" in sys.argv)
        print(json.dumps(asdict(detector.about)), file=out)
        for line in sys.stdin:
            print(json.dumps(asdict(_look(detector, line.rstrip("\n")))), file=out)


def _look(detector: Detector, path: str) -> Answer:
    prepared = detector.prepare(np.load(path))
    started = time.perf_counter()
    found = detector.detect(prepared)
    ms = (time.perf_counter() - started) * 1000
    boxes = [[float(side) for side in each[:4]] for each in found]
    return Answer(boxes, [float(each[4]) for each in found], ms)
