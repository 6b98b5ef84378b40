"""Where a photo's pixels and faces go when it is turned, scaled, mirrored and moved.

With OpenCV alone, for speed: a training picture costs a few milliseconds of one core.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import Boxes
from inference_api.vision.letterbox import Image

Matrix = npt.NDArray[np.float64]
"""Affine (2, 3), from pixels of a photo to pixels of a picture."""


@dataclass(frozen=True, slots=True)
class Placement:
    """How a photo is put into a picture: turned, scaled along both axes, mirrored, moved."""

    degrees: float
    scale_xy: tuple[float, float]
    mirrored: bool

    def matrix(self, anchor_xy: npt.NDArray[np.float64], at_xy: npt.NDArray[np.float64]) -> Matrix:
        """The affine map that takes `anchor_xy` of the photo to `at_xy` of the picture."""
        cos, sin = math.cos(math.radians(self.degrees)), math.sin(math.radians(self.degrees))
        flip = -1.0 if self.mirrored else 1.0
        x, y = self.scale_xy
        linear = np.array([[cos * x * flip, -sin * y], [sin * x * flip, cos * y]])
        return np.concatenate([linear, (at_xy - linear @ anchor_xy)[:, None]], axis=1)


def moved_boxes(boxes_xyxy: Boxes, matrix: Matrix) -> Boxes:
    """Boxes (M, 4) around the same faces in the picture.

    A face is taken for the ellipse that fills its box: the box of a turned face is the one
    around the turned ellipse, which is tighter than the one around the turned corners.
    """
    centers = (boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2 @ matrix[:, :2].T + matrix[:, 2]
    halves = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]) / 2
    extents = np.sqrt((halves**2) @ (matrix[:, :2] ** 2).T)
    return np.concatenate([centers - extents, centers + extents], axis=1).astype(np.float32)


def warp_into(cell: Image, image: Image, matrix: Matrix) -> None:
    """Draw `image` into the cell where the map puts it; what it does not cover stays."""
    scale = math.sqrt(abs(np.linalg.det(matrix[:, :2])))
    matrix = matrix.copy()
    while scale < 0.5 and min(image.shape[:2]) >= 4:
        image = cv2.resize(
            image, (image.shape[1] // 2, image.shape[0] // 2), interpolation=cv2.INTER_AREA
        )  # type: ignore[assignment]
        matrix[:, :2] *= 2
        scale *= 2
    # Pixels' middles, not their corners, are what OpenCV counts from.
    matrix[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5]) - 0.5
    cv2.warpAffine(
        image, matrix, (cell.shape[1], cell.shape[0]), dst=cell,
        flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT,
    )  # fmt: skip
