"""Single faces made harder, at seeded places, so that anyone can repeat the figures."""

import math
from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np

from inference_api.vision.boxes import Boxes
from inference_api.vision.letterbox import GREY, Image, letterbox
from training.dataset.prepared import Split
from training.detector.batches import labelled
from training.detector.metrics import Matches, Truth, match
from training.detector.scenes import moved_boxes
from training.detector.validation import Predict, keep

MAX_PHOTOS = 300
COVER_RGB = (120, 150, 190)  # of a mask
GAMMA = 2.5
NONE = np.zeros((0, 4), np.float32)
Change = Callable[[np.random.Generator, Image, Boxes], tuple[Image, Boxes]]
"""A photo, uint8 RGB (H, W, 3), and its faces, pixels (1, 4) → the same made harder."""


def turned(
    rng: np.random.Generator, image: Image, boxes: Boxes, *, degrees: float, either: bool = False
) -> tuple[Image, Boxes]:
    """Turned on a canvas that is grown to hold it all; to one side or the other if `either`."""
    if either and rng.random() < 0.5:
        degrees = -degrees
    height, width = image.shape[:2]
    cos, sin = (abs(f(math.radians(degrees))) for f in (math.cos, math.sin))
    grown = round(width * cos + height * sin), round(width * sin + height * cos)
    matrix = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1), np.float64)
    matrix[:, 2] += (grown[0] - width) / 2, (grown[1] - height) / 2
    pixels = matrix.copy()  # OpenCV counts from the pixels' middles
    pixels[:, 2] += pixels[:, :2] @ np.array([0.5, 0.5]) - 0.5
    canvas = cv2.warpAffine(image, pixels, grown, borderValue=GREY)
    return np.asarray(canvas, np.uint8), moved_boxes(boxes, matrix)


def covered(_: np.random.Generator, image: Image, boxes: Boxes) -> tuple[Image, Boxes]:
    """The lower half of the face under a flat color."""
    image = image.copy()
    left, top, right, bottom = (max(0, round(float(v))) for v in boxes[0])
    image[(top + bottom) // 2 : bottom, left:right] = COVER_RGB
    return image, boxes


def dark(_: np.random.Generator, image: Image, boxes: Boxes) -> tuple[Image, Boxes]:
    """As underexposed: a gamma of 2.5."""
    levels = np.arange(256) / 255
    return np.asarray((levels**GAMMA * 255).astype(np.uint8)[image], np.uint8), boxes


def cut(rng: np.random.Generator, image: Image, boxes: Boxes) -> tuple[Image, Boxes]:
    """A third of the face is beyond the picture's left or right edge."""
    left, top, right, bottom = (float(v) for v in boxes[0])
    third = (right - left) / 3
    if rng.random() < 0.5:
        edge = round(left + third)
        return image[:, edge:], np.array([[0, top, right - edge, bottom]], np.float32)
    edge = round(right - third)
    return image[:, :edge], np.array([[left, top, edge, bottom]], np.float32)


CHANGES: dict[str, Change] = {
    "as they are": lambda _, image, boxes: (image, boxes),
    **{f"tilted by {d}°": partial(turned, degrees=d, either=True) for d in (15, 30, 45, 60)},
    **{f"turned by {d}°": partial(turned, degrees=d) for d in (90, 180, 270)},
    "lower half covered": covered,
    "dark (gamma 2.5)": dark,
    "cut by the edge, a third": cut,
}


def robustness(
    split: Split, rows: Sequence[int], predict: Predict, *, seed: int = 0
) -> dict[str, Matches]:
    """Detections matched to the face, for each of CHANGES, on up to MAX_PHOTOS of the rows."""
    order = np.random.default_rng(seed).permutation(len(rows))[:MAX_PHOTOS]
    chosen = [rows[number] for number in np.sort(order)]
    return {
        name: _measured(split, chosen, predict, change, seed=seed)
        for name, change in CHANGES.items()
    }


def _measured(
    split: Split, rows: Sequence[int], predict: Predict, change: Change, *, seed: int
) -> Matches:
    size = split.photos.shape[1]
    found, truths = [], []
    for row in rows:
        photo = labelled(split, row)
        rng = np.random.default_rng((seed, row))
        image, boxes = change(rng, np.asarray(photo.image), photo.boxes_xyxy)
        square, transform = letterbox(np.ascontiguousarray(image), size=size)
        rel, probabilities = (values[0] for values in predict(square[None]))
        truths.append(Truth(boxes, NONE))
        found.append(keep(rel, probabilities, transform))
    return match(found, truths)
