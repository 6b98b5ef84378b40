"""A detector of drawn faces: every bright spot is one, and its brightness is the score.

python -m tests.benchmarks.accuracy.drawn_detector [--version V] [--fail start|photo|timed]
    [--prepare-s S] [--every]
"""

import argparse
import sys
import time

import cv2

from benchmarks.peers.answering import About, Detector, answer

OWN_THRESHOLD = 0.5

parser = argparse.ArgumentParser()
parser.add_argument("--version", default="1")
parser.add_argument("--fail", choices=["start", "photo", "timed"])
parser.add_argument("--prepare-s", type=float, default=0)
parser.add_argument("--every", action="store_true")


def load(every):
    options = parser.parse_args()
    print("libraries print, too")  # noqa: T201
    if options.fail == "start":
        sys.exit("no weights")
    fails = options.fail == "photo" or (options.fail == "timed" and not every)

    def prepare(pixels):
        time.sleep(options.prepare_s)
        return pixels

    def detect(pixels):
        print("in between as well")  # noqa: T201
        if fails and (pixels > 0).any():
            raise MemoryError("a face is too much")
        grey = pixels[..., 0]
        count, _, stats, _ = cv2.connectedComponentsWithStats((grey > 0).astype("uint8"))
        found = []
        for left, top, width, height, _ in stats[1:count]:
            score = grey[top, left] / 255
            if every or score >= OWN_THRESHOLD:
                found.append((left, top, left + width, top + height, score))
        return found

    return Detector(About({"drawn": options.version}, OWN_THRESHOLD), detect, prepare)


if __name__ == "__main__":
    answer(load)
