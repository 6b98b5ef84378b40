"""Letterboxing: fit a picture of any shape into a square without bending it.

The picture is scaled so that its longer side fills the square and padded with grey on both
sides of the shorter one. The transform that comes back maps boxes there and back, with the
scale of each axis as it was after rounding to whole pixels.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import Box, Boxes

Image = npt.NDArray[np.uint8]
"""uint8 RGB (H, W, 3), EXIF orientation applied."""

GREY = (128, 128, 128)


@dataclass(frozen=True, slots=True)
class LetterboxTransform:
    """Where the picture lies inside its square.

    image_size_wh: the picture, pixels. scaled_size_wh: the same inside the square.
    pad_left, pad_top: its offset there. size: side of the square, pixels.
    """

    image_size_wh: tuple[int, int]
    scaled_size_wh: tuple[int, int]
    pad_left: int
    pad_top: int
    size: int

    @classmethod
    def fit(cls, image_size_wh: tuple[int, int], *, size: int) -> "LetterboxTransform":
        """The transform of a picture of `image_size_wh` into a square of `size` pixels."""
        longer = max(image_size_wh)
        width, height = (max(1, round(side * size / longer)) for side in image_size_wh)
        return cls(image_size_wh, (width, height), (size - width) // 2, (size - height) // 2, size)

    def apply(self, boxes_xyxy: npt.ArrayLike) -> Boxes:
        """Pixels of the picture (N, 4) → rel_xyxy of the square (N, 4), float32."""
        boxes = np.asarray(boxes_xyxy, np.float32).reshape(-1, 4)
        return (boxes * self._scale + self._offset) / np.float32(self.size)

    def invert(self, boxes_rel_xyxy: npt.ArrayLike) -> Boxes:
        """rel_xyxy of the square (N, 4) → pixels of the picture (N, 4), not clipped."""
        boxes = np.asarray(boxes_rel_xyxy, np.float32).reshape(-1, 4)
        return (boxes * np.float32(self.size) - self._offset) / self._scale

    @property
    def _scale(self) -> npt.NDArray[np.float32]:
        ratios = np.divide(self.scaled_size_wh, self.image_size_wh, dtype=np.float32)
        return np.tile(ratios, 2)

    @property
    def _offset(self) -> npt.NDArray[np.float32]:
        return np.array([self.pad_left, self.pad_top] * 2, np.float32)


def letterbox(
    image: Image, *, size: int, pad_color: tuple[int, int, int] = GREY
) -> tuple[Image, LetterboxTransform]:
    """Scale and pad `image` to uint8 RGB (size, size, 3), as `resize` scales."""
    height, width = image.shape[:2]
    transform = LetterboxTransform.fit((width, height), size=size)
    scaled_w, scaled_h = transform.scaled_size_wh
    left, top = transform.pad_left, transform.pad_top
    right, bottom = size - left - scaled_w, size - top - scaled_h
    scaled, edge = resize(image, (scaled_w, scaled_h)), cv2.BORDER_CONSTANT
    square = cv2.copyMakeBorder(scaled, top, bottom, left, right, edge, value=pad_color)
    return np.asarray(square, np.uint8), transform


def crop_square(
    image: Image, box: Box, *, margin: float, size: int, pad_color: tuple[int, int, int] = GREY
) -> Image:
    """The classifier's input for one face: uint8 RGB (size, size, 3).

    The box is expanded by `margin` of its own sides, made square, clipped to the picture and
    letterboxed, so that a face at the edge gets `pad_color` where the photo ends. A box outside the
    picture gives the nearest pixel rather than an error.
    """
    height, width = image.shape[:2]
    square = box.expand(margin).square().clip((width, height))
    left, top = min(int(square.left), width - 1), min(int(square.top), height - 1)
    right, bottom = max(left + 1, round(square.right)), max(top + 1, round(square.bottom))
    crop, _ = letterbox(image[top:bottom, left:right], size=size, pad_color=pad_color)
    return crop


def resize(image: Image, size_wh: tuple[int, int]) -> Image:
    """`image` at `size_wh` pixels.

    Shrinking averages areas (no aliasing), enlarging interpolates linearly: one library and
    one filter for training and serving alike.
    """
    shrinks = size_wh[0] < image.shape[1] or size_wh[1] < image.shape[0]
    filter_ = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    halved = _halve(image, size_wh)
    return np.asarray(cv2.resize(halved, size_wh, interpolation=filter_), np.uint8)


def _halve(image: Image, size_wh: tuple[int, int]) -> Image:
    """`image` halved for as long as its sides are even and it stays twice as large as `size_wh`.

    OpenCV averages 2 x 2 pixels many times as fast as other areas, and what is averaged twice
    comes out the same but for a grey level.
    """
    (height, width), (min_width, min_height) = image.shape[:2], size_wh
    while width % 2 == height % 2 == 0 and width >= 4 * min_width and height >= 4 * min_height:
        width, height = width // 2, height // 2
        halved = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        image = np.asarray(halved, np.uint8)
    return image
