"""MTCNN (Zhang et al. 2016, arXiv:1604.02878): three networks, one after the other."""

from collections.abc import Sequence
from importlib.metadata import version

from benchmarks.peers.answering import About, Detector, Pixels, Scored, answer

OWN_CONFIDENCE, MIN_CONFIDENCE = 0.8, 0.02  # of the last network; the first is its default


def load(every: bool) -> Detector:
    """All three networks; the first two keep their thresholds."""
    from mtcnn import MTCNN

    networks = MTCNN()
    least = MIN_CONFIDENCE if every else OWN_CONFIDENCE

    def detect(pixels: Pixels) -> Sequence[Scored]:
        found = networks.detect_faces(pixels, box_format="xyxy", threshold_onet=least)
        return [(*each["box"], each["confidence"]) for each in found]

    versions = {name: version(name) for name in ("mtcnn", "tensorflow-cpu")}
    return Detector(About(versions, OWN_CONFIDENCE), detect)


if __name__ == "__main__":
    answer(load)
