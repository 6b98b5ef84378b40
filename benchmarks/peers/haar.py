"""OpenCV's cascade of Haar features (Viola & Jones 2001), with the weights that OpenCV 4 carries.

The score is the number of windows that agree on a face. OpenCV calls it one when there are more
than `minNeighbors`, by default 3.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2

from benchmarks.peers.answering import About, Detector, Pixels, Scored, answer

WEIGHTS = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"
OWN_NEIGHBORS = 3


def load(every: bool) -> Detector:
    """The cascade for frontal faces."""
    cascade = cv2.CascadeClassifier(str(WEIGHTS))
    neighbors = 1 if every else OWN_NEIGHBORS

    def detect(pixels: Pixels) -> Sequence[Scored]:
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        boxes, counts = cascade.detectMultiScale2(grey, minNeighbors=neighbors)
        return [
            (left, top, left + width, top + height, count)
            for (left, top, width, height), count in zip(boxes, counts, strict=True)
        ]

    return Detector(About({"opencv": cv2.__version__}, OWN_NEIGHBORS + 1), detect)


if __name__ == "__main__":
    answer(load)
