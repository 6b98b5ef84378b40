"""MediaPipe's face detection (BlazeFace, Bazarevsky et al. 2019, arXiv:1907.05047).

Of boxes that overlap it answers the mean, weighted by score, so that improbable boxes change
probable ones. Those below its own threshold come from a second graph and are only added.
"""

import argparse
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from benchmarks.peers.answering import About, Detector, Pixels, Scored, answer

RANGES = {"short": 0, "full": 1}  # for faces within 2 meters and within 5
OWN_CONFIDENCE, MIN_CONFIDENCE = 0.5, 0.02  # the first is its default

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--range", choices=RANGES, required=True)
parser.add_argument("--every", action="store_true", help="improbable faces too")


def load(every: bool) -> Detector:
    """The graph for the range that the command line names."""
    from mediapipe.python.solutions.face_detection import FaceDetection

    model = RANGES[parser.parse_args().range]
    graph = FaceDetection(OWN_CONFIDENCE, model)
    graph_for_every = FaceDetection(MIN_CONFIDENCE, model) if every else None

    def detect(pixels: Pixels) -> Sequence[Scored]:
        found = _found(graph, pixels)
        if graph_for_every:
            found += [each for each in _found(graph_for_every, pixels) if each[4] < OWN_CONFIDENCE]
        return found

    return Detector(About({"mediapipe": version("mediapipe")}, OWN_CONFIDENCE), detect)


def _found(graph: Any, pixels: Pixels) -> list[Scored]:
    height, width = pixels.shape[:2]
    detections = graph.process(pixels).detections or ()  # None where there is no face
    found = []
    for each in detections:
        box = each.location_data.relative_bounding_box
        left, top = box.xmin * width, box.ymin * height
        right, bottom = left + box.width * width, top + box.height * height
        found.append((left, top, right, bottom, each.score[0]))
    return found


if __name__ == "__main__":
    answer(load)
