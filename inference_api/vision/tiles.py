"""A photo in tiles: squares of the network's input size that cover it, enlarged.

Of two tiles that meet in a face one sees it whole, and the other one's piece is dropped; what is
large is left to a look at the whole photo.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import Boxes
from inference_api.vision.letterbox import Image, LetterboxTransform, resize
from inference_api.vision.spec import Color, LookAgain

EDGE = 3
"""Pixels: a box that comes so near to where its tile was cut off is a piece of a face."""
LARGEST_SHARE = 0.6
"""Of a tile's side: larger faces are judged by what surrounds them, which a tile does not show."""

Probabilities = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tiling:
    """Squares of `size` pixels that cover a photo that was scaled to `scaled_size_wh`.

    photo_size_wh: pixels of the photo. corners: left and top of each square, row by row. Along a
    side of n > size pixels there are ceil((n - overlap) / (size - overlap)) of them, so at most
    the square of that for n = long_side, whatever the photo is like: 9 for 592, 288 and 48, and
    never more than 49, as a spec holds long_side to 4 × size and overlap to size / 2.
    """

    photo_size_wh: tuple[int, int]
    scaled_size_wh: tuple[int, int]
    size: int
    corners: tuple[tuple[int, int], ...]

    @classmethod
    def fit(cls, size_wh: tuple[int, int], look: LookAgain, *, size: int) -> Self:
        """The squares for a photo of `size_wh` pixels, evenly placed from edge to edge."""
        scaled = LetterboxTransform.fit(size_wh, size=look.long_side).scaled_size_wh
        lefts, tops = (_starts(side, size, look.overlap) for side in scaled)
        return cls(size_wh, scaled, size, tuple((left, top) for top in tops for left in lefts))

    def cut(self, image: Image, *, pad_color: Color) -> list[Image]:
        """Each square, uint8 RGB (size, size, 3), from the photo or a smaller copy of it.

        Where the photo is not as wide or high as a square, it ends at the right or below.
        """
        scaled = resize(image, self.scaled_size_wh)
        return [self._cut_one(scaled, left, top, pad_color) for left, top in self.corners]

    def gather(self, found: Iterable[tuple[Boxes, Probabilities]]) -> tuple[Boxes, Probabilities]:
        """What was found in the squares (rel_xyxy, probabilities) whole and not too large.

        Boxes come in pixels of the photo, (K, 4), not clipped, with their probabilities (K,).
        """
        pieces = [
            self._whole(boxes, probabilities, left, top)
            for (left, top), (boxes, probabilities) in zip(self.corners, found, strict=True)
        ]
        boxes, probabilities = (np.concatenate(each) for each in zip(*pieces, strict=True))
        scale = np.divide(self.photo_size_wh, self.scaled_size_wh, dtype=np.float32)
        return boxes * np.tile(scale, 2), probabilities

    def _cut_one(self, scaled: Image, left: int, top: int, pad_color: Color) -> Image:
        tile = scaled[top : top + self.size, left : left + self.size]
        below, right = self.size - tile.shape[0], self.size - tile.shape[1]
        padded = cv2.copyMakeBorder(tile, 0, below, 0, right, cv2.BORDER_CONSTANT, value=pad_color)
        return np.asarray(padded, np.uint8)

    def _whole(
        self, boxes_rel_xyxy: Boxes, probabilities: Probabilities, left: int, top: int
    ) -> tuple[Boxes, Probabilities]:
        """The boxes that no inner edge cuts, in pixels of the scaled photo."""
        boxes = boxes_rel_xyxy * np.float32(self.size)
        (width, height), size = self.scaled_size_wh, self.size
        least = [EDGE if start > 0 else -math.inf for start in (left, top)]
        most = [
            size - EDGE if start + size < side else math.inf
            for start, side in ((left, width), (top, height))
        ]
        areas = np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1)
        kept = (boxes[:, :2] >= least).all(axis=1) & (boxes[:, 2:] <= most).all(axis=1)
        kept &= areas <= (LARGEST_SHARE * size) ** 2
        return boxes[kept] + np.array([left, top, left, top], np.float32), probabilities[kept]


def _starts(side: int, size: int, overlap: int) -> list[int]:
    """Where windows of `size` pixels begin that cover `side` and share `overlap` at least."""
    if side <= size:
        return [0]
    count = math.ceil((side - overlap) / (size - overlap))
    return [index * (side - size) // (count - 1) for index in range(count)]
