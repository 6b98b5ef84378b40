"""Bounding boxes: the app's own `Box`, conversions between array formats, IoU.

`xyxy` is left, top, right, bottom in pixels, origin top-left, half-open: a box covers
`right - left` columns, with no `+ 1`. `rel_xyxy` is the same as fractions of the picture's
sides. `xywh` is left, top, width, height (COCO). Arrays are float32 of shape (N, 4).
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Box:
    """One xyxy box in pixels of the oriented photo.

    >>> Box(10, 20, 30, 60).expand(0.5)
    Box(left=0.0, top=0.0, right=40.0, bottom=80.0)
    """

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels from left to right; 0 for an inverted box."""
        return max(0.0, self.right - self.left)

    @property
    def height(self) -> float:
        """Pixels from top to bottom; 0 for an inverted box."""
        return max(0.0, self.bottom - self.top)

    @property
    def area(self) -> float:
        """Width times height, square pixels."""
        return self.width * self.height

    def expand(self, margin: float) -> "Box":
        """Grow each side outwards by `margin` times the box's own width or height."""
        dx, dy = self.width * margin, self.height * margin
        return Box(self.left - dx, self.top - dy, self.right + dx, self.bottom + dy)

    def square(self) -> "Box":
        """The square with the same center whose side is the longer of the two."""
        half = max(self.width, self.height) / 2
        x, y = (self.left + self.right) / 2, (self.top + self.bottom) / 2
        return Box(x - half, y - half, x + half, y + half)

    def clip(self, size_wh: tuple[int, int]) -> "Box":
        """The part inside a picture of `size_wh` pixels; empty when there is none."""
        width, height = size_wh
        left, right = _clamp(self.left, width), _clamp(self.right, width)
        top, bottom = _clamp(self.top, height), _clamp(self.bottom, height)
        return Box(left, top, max(left, right), max(top, bottom))

    def scale(self, x: float, y: float) -> "Box":
        """The same place in a picture that is `x` times as wide and `y` times as high."""
        return Box(self.left * x, self.top * y, self.right * x, self.bottom * y)

    def as_array(self) -> Boxes:
        """The box as float32 (4,), xyxy."""
        return np.array([self.left, self.top, self.right, self.bottom], np.float32)


def _clamp(value: float, limit: int) -> float:
    return float(min(max(value, 0.0), limit))


def xywh_to_xyxy(boxes_xywh: npt.ArrayLike) -> Boxes:
    """Left, top, width, height → left, top, right, bottom; (N, 4) each."""
    boxes = _as_boxes(boxes_xywh)
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def xyxy_to_xywh(boxes_xyxy: npt.ArrayLike) -> Boxes:
    """Left, top, right, bottom → left, top, width, height; (N, 4) each."""
    boxes = _as_boxes(boxes_xyxy)
    return np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)


def xyxy_to_rel_xyxy(boxes_xyxy: npt.ArrayLike, *, size_wh: tuple[int, int]) -> Boxes:
    """Pixels → fractions of a picture of `size_wh` pixels; (N, 4) each."""
    return _as_boxes(boxes_xyxy) / _sides(size_wh)


def rel_xyxy_to_xyxy(boxes_rel_xyxy: npt.ArrayLike, *, size_wh: tuple[int, int]) -> Boxes:
    """Fractions → pixels of a picture of `size_wh` pixels; (N, 4) each."""
    return _as_boxes(boxes_rel_xyxy) * _sides(size_wh)


def iou(boxes_a_xyxy: npt.ArrayLike, boxes_b_xyxy: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Intersection over union of each box of A with each of B.

    (N, 4) and (M, 4) → (N, M) in [0, 1]; a pair whose union is empty has IoU 0.

    >>> iou([[0, 0, 2, 2]], [[1, 0, 3, 2], [5, 5, 6, 6]]).round(2).tolist()
    [[0.33000001311302185, 0.0]]
    """
    a, b = _as_boxes(boxes_a_xyxy)[:, None], _as_boxes(boxes_b_xyxy)[None]
    corners = [np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., 2:], b[..., 2:])]
    intersection = _areas(np.concatenate(corners, axis=-1))
    union = _areas(a) + _areas(b) - intersection
    ious = np.zeros_like(union)
    np.divide(intersection, union, out=ious, where=union > 0)
    return ious


def suppress(
    boxes_xyxy: Boxes, probabilities: npt.NDArray[np.float32], *, threshold: float, max_iou: float
) -> npt.NDArray[np.int64]:
    """Non-maximum suppression: the rows to keep of boxes (N, 4), the surest first.

    Of two boxes with an IoU above `max_iou` the less probable one goes; so do those whose
    probability (N,) is not above `threshold`. Works in any unit of length.

    >>> boxes = np.array([[0, 0, 8, 8], [1, 0, 9, 8], [20, 0, 28, 8]], np.float32)
    >>> suppress(boxes, np.float32([0.7, 0.9, 0.2]), threshold=0.5, max_iou=0.4).tolist()
    [1]
    """
    above = np.flatnonzero(probabilities > threshold)  # few: lists, as OpenCV wants, cost time
    boxes, sure = xyxy_to_xywh(boxes_xyxy[above]).tolist(), probabilities[above].tolist()
    kept = cv2.dnn.NMSBoxes(boxes, sure, threshold, max_iou)
    return above[np.asarray(kept, np.int64).reshape(-1)]


def _areas(boxes: Boxes) -> npt.NDArray[np.float32]:
    sides = np.clip(boxes[..., 2:] - boxes[..., :2], 0, None)
    areas: npt.NDArray[np.float32] = sides.prod(axis=-1)
    return areas


def _sides(size_wh: tuple[int, int]) -> npt.NDArray[np.float32]:
    return np.array([*size_wh, *size_wh], np.float32)


def _as_boxes(boxes: npt.ArrayLike) -> Boxes:
    return np.asarray(boxes, np.float32).reshape(-1, 4)
