"""What is asked of the detector in a training picture, as rows of numbers.

Nothing here or in what makes the pictures imports Keras: other processes make them
(`training.fitting.loader`), and each would start it for nothing.
"""

import numpy as np
import numpy.typing as npt

from training.detector.mosaic import Picture

Floats = npt.NDArray[np.float32]
FACE, LOOSE_FACE, IGNORED, NOTHING = 1.0, 2.0, -1.0, 0.0  # the last column of a row
MAX_ROWS = 96  # faces in a picture, with what is ignored; the largest stay


def targets(picture: Picture, size: int) -> Floats:
    """Rows (MAX_ROWS, 5) of a picture of `size` pixels: rel_xyxy, and which of the four it is."""
    boxes = np.concatenate([picture.boxes_xyxy, picture.ignored_xyxy]) / np.float32(size)
    kinds = np.concatenate([
        np.where(picture.loose, LOOSE_FACE, FACE), np.full(len(picture.ignored_xyxy), IGNORED)
    ])  # fmt: skip
    rows = np.concatenate([boxes, kinds[:, None]], axis=1).astype(np.float32)
    areas = np.prod(rows[:, 2:4] - rows[:, :2], axis=1)
    largest = np.argsort(-areas, kind="stable")[:MAX_ROWS]
    made = np.full((MAX_ROWS, 5), NOTHING, np.float32)
    made[: len(largest)] = rows[largest]
    return made
