"""Random changes to face crops, as small as those between two photos of one face."""

import math

import cv2
import numpy as np

from inference_api.vision.boxes import Boxes
from inference_api.vision.letterbox import GREY, Image
from training.dataset.photometric import photometric_pipeline


class CropSampler:
    """Face crops for the classifier: a little shifted, scaled, turned and mirrored.

    crops: uint8 RGB (N, S, S, 3), wider than what the service crops. windows: the squares that
    the service would crop, rel_xyxy float32 (N, 4); a sample shows about that.
    """

    def __init__(self, crops: Image, windows: Boxes, *, size: int) -> None:
        self.crops = crops
        self.windows = windows
        self.size = size
        self._photometric = photometric_pipeline(strength=0.5)

    def sample(self, rng: np.random.Generator, row: int) -> Image:
        """One augmented crop, uint8 RGB (size, size, 3)."""
        crop = self.crops[row]
        left, top, right, bottom = (float(v) * crop.shape[1] for v in self.windows[row])
        center = (left + right - 1) / 2, (top + bottom - 1) / 2  # of pixels, not of their edges
        shift = rng.normal(0, 0.025 * self.size, 2)
        scale = self.size / (right - left) * math.exp(rng.normal(0, 0.06))
        matrix = cv2.getRotationMatrix2D(center, rng.normal(0, 5), scale)
        matrix[:, 2] = matrix[:, 2] + (self.size - 1) / 2 - center + shift
        if rng.random() < 0.5:
            matrix[0] = [-matrix[0, 0], -matrix[0, 1], self.size - 1 - matrix[0, 2]]
        size_wh = (self.size, self.size)
        moved = cv2.warpAffine(crop, matrix, size_wh, flags=cv2.INTER_LINEAR, borderValue=GREY)
        self._photometric.set_random_seed(int(rng.integers(2**31)))
        return self._photometric(image=moved)["image"]  # type: ignore[no-any-return]
