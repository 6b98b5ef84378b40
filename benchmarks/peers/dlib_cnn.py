"""dlib's network with max-margin object detection (King 2015, arXiv:1502.00046).

It tells of no box below its own threshold, so its precision-recall curve ends there.
"""

from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from benchmarks.peers.answering import About, Detector, Pixels, Scored, answer

PACKAGE = "face_recognition_models"
WEIGHTS = Path("models", "mmod_human_face_detector.dat")
OWN_SCORE = 0.0
UPSAMPLINGS = 1  # doublings of the photo, as in dlib's examples: faces from 40 pixels on


def load(_every: bool) -> Detector:
    """The network with the weights that another package carries."""
    import dlib

    # Not imported: the package asks for pkg_resources, which setuptools no longer has.
    package = find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise ModuleNotFoundError(name=PACKAGE)
    weights = Path(package.origin).parent / WEIGHTS
    network = dlib.cnn_face_detection_model_v1(str(weights))

    def detect(pixels: Pixels) -> Sequence[Scored]:
        found = [(each.rect, each.confidence) for each in network(pixels, UPSAMPLINGS)]
        return [
            (box.left(), box.top(), box.right() + 1, box.bottom() + 1, score)
            for box, score in found
        ]

    versions = {name: version(name) for name in ("dlib-bin", "face-recognition-models")}
    return Detector(About(versions, OWN_SCORE), detect)


if __name__ == "__main__":
    answer(load)
