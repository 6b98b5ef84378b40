"""Photos whose face is an ellipse of a color that no ground has, to be found again by it."""

import cv2
import numpy as np

from inference_api.vision.boxes import Box

FACE_RGB = (255, 0, 255)


def ground(seed: int, *, size_wh=(150, 120)):
    """A greenish picture."""
    coarse = np.random.default_rng(seed).integers(60, 120, (5, 5, 3), np.uint8)
    coarse[..., 1] += 80
    return cv2.resize(coarse, size_wh, interpolation=cv2.INTER_LINEAR)


def painted(box: Box, *, size_wh, seed: int = 0):
    """A greenish picture with an ellipse that fills `box`."""
    image = ground(seed, size_wh=size_wh)
    center = (box.left + box.right - 1) / 2, (box.top + box.bottom - 1) / 2
    axes = (box.width - 1) / 2, (box.height - 1) / 2
    fixed = [tuple(round(v * 16) for v in pair) for pair in (center, axes)]
    cv2.ellipse(image, *fixed, 0, 0, 360, FACE_RGB, -1, cv2.LINE_8, 4)
    return image


def face_pixels(image):
    """Bounds of the ellipse, xyxy pixels; None when there is none."""
    red, green, blue = (image[..., channel].astype(int) for channel in range(3))
    rows, columns = np.nonzero((red - green > 50) & (blue - green > 50))
    if not len(rows):
        return None
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], float)
