"""The validation photos again, small and anywhere, so that "always the middle" cannot win."""

import cv2
import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import Boxes
from inference_api.vision.letterbox import Image
from training.dataset.prepared import Split

SMALLEST, LARGEST = 0.2, 0.5  # the photo's longer side, as a fraction of the negative's


def paste_into_negatives(
    split: Split, rows: npt.NDArray[np.int64], *, seed: int
) -> tuple[Image, Boxes]:
    """Each photo of `rows`, shrunk and pasted at a seeded place into a photo without a face.

    Returns uint8 RGB (N, size, size, 3) and boxes_rel_xyxy (N, 4).
    """
    rng = np.random.default_rng(seed)
    negatives = split.rows(faces=0)
    size = split.photos.shape[1]
    images = np.empty((len(rows), size, size, 3), np.uint8)
    boxes = np.empty((len(rows), 4), np.float32)
    for i, row in enumerate(rows):
        negative = int(rng.choice(negatives))
        ground, into = split.content(negative)
        photo, its = split.content(int(row))
        scale = rng.uniform(SMALLEST, LARGEST)
        # A negative is narrower than the square: the photo must still fit into it.
        scale = min(scale, ground.shape[0] / photo.shape[0], ground.shape[1] / photo.shape[1])
        width, height = (max(1, round(side * scale)) for side in its.scaled_size_wh)
        left = into.pad_left + int(rng.integers(0, ground.shape[1] - width + 1))
        top = into.pad_top + int(rng.integers(0, ground.shape[0] - height + 1))
        images[i] = split.photos[negative]
        images[i, top : top + height, left : left + width] = cv2.resize(
            photo, (width, height), interpolation=cv2.INTER_AREA
        )
        box = split.boxes_rel_xyxy[row] * size - np.tile([its.pad_left, its.pad_top], 2)
        scale_xy = np.tile(np.divide((width, height), its.scaled_size_wh), 2)
        boxes[i] = (box * scale_xy + np.tile([left, top], 2)) / size
    return images, boxes
