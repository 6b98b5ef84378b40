"""Eight harmless changes to a face crop, after which the answer should be the same."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from inference_api.vision.letterbox import Image

JPEG_QUALITY = 50
BRIGHTER, DARKER = 1.2, 0.8
SHIFT_PIXELS = 5  # to the right and down
LARGER, SMALLER = 1.05, 0.95


def _jpeg(crop: Image) -> Image:
    _, coded = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def _half_size(crop: Image) -> Image:
    half = cv2.resize(crop, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(half, crop.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _lit(crop: Image, factor: float) -> Image:
    return np.asarray(np.clip(crop * factor, 0, 255), np.uint8)


def _moved(crop: Image, *, scale: float = 1.0, shift: float = 0.0) -> Image:
    """About the middle; what comes in at the edge is a reflection."""
    side = len(crop)
    middle = (side - 1) / 2 * (1 - scale) + shift
    matrix = np.array([[scale, 0, middle], [0, scale, middle]])
    moved = cv2.warpAffine(crop, matrix, (side, side), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, np.uint8)


CHANGES: Mapping[str, Callable[[Image], Image]] = {
    "JPEG of quality 50": _jpeg,
    "half size": _half_size,
    "brighter by a fifth": lambda crop: _lit(crop, BRIGHTER),
    "darker by a fifth": lambda crop: _lit(crop, DARKER),
    "mirrored": lambda crop: np.ascontiguousarray(crop[:, ::-1]),
    "shifted by 5 pixels": lambda crop: _moved(crop, shift=SHIFT_PIXELS),
    "larger by 5 %": lambda crop: _moved(crop, scale=LARGER),
    "smaller by 5 %": lambda crop: _moved(crop, scale=SMALLER),
}
"""uint8 RGB (S, S, 3) → the same, by what is changed."""
