"""YuNet (Wu et al. 2023, doi:10.1007/s11633-023-1423-y), as libfacedetection runs it.

The library carries the weights. The score is in percent; it tells of no box below 20.
"""

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np

from benchmarks.peers.answering import About, Detector, Pixels, Scored, answer

OWN_PERCENT = 51  # yuface's default: more than 50


def load(every: bool) -> Detector:
    """The network that is compiled into the library."""
    import yuface

    confidence = 0.0 if every else (OWN_PERCENT - 1) / 100

    def detect(pixels: Pixels) -> Sequence[Scored]:
        image_bgr = np.ascontiguousarray(pixels[..., ::-1])
        scores, boxes_xywh, _ = yuface.detect(image_bgr, conf=confidence)
        # They come as uint16, though a box may begin left of the photo or above it.
        corners = boxes_xywh.astype(np.int16).tolist()
        return [
            (left, top, left + width, top + height, score)
            for (left, top, width, height), score in zip(corners, scores.tolist(), strict=True)
        ]

    return Detector(About({"yuface": version("yuface")}, OWN_PERCENT), detect)


if __name__ == "__main__":
    answer(load)
