"""dlib's detector of frontal faces: histograms of oriented gradients and a linear SVM.

The score is the distance from the SVM's plane, 0 and more is a face.
"""

from collections.abc import Sequence
from importlib.metadata import version

from benchmarks.peers.answering import About, Detector, Pixels, Scored, answer

OWN_SCORE, MIN_SCORE = 0.0, -1.0
UPSAMPLINGS = 1  # doublings of the photo, as in dlib's examples: faces from 40 pixels on


def load(every: bool) -> Detector:
    """The detector that the library carries."""
    import dlib

    detector = dlib.get_frontal_face_detector()
    least = MIN_SCORE if every else OWN_SCORE

    def detect(pixels: Pixels) -> Sequence[Scored]:
        boxes, scores, _ = detector.run(pixels, UPSAMPLINGS, least)
        return [
            (box.left(), box.top(), box.right() + 1, box.bottom() + 1, score)
            for box, score in zip(boxes, scores, strict=True)
        ]

    return Detector(About({"dlib-bin": version("dlib-bin")}, OWN_SCORE), detect)


if __name__ == "__main__":
    answer(load)
