"""Which of the detector's points answer for which face: the targets of a training picture.

A face belongs to the maps whose stride fits its size, and there to the points near its middle
(Tian et al. 2019, arXiv:1904.01355, with center sampling). Everything else is background, but
for points inside faces that nobody should be asked about: too small, or cut off.
"""

import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import Boxes
from training.detector.network import STRIDES, grid

Floats = npt.NDArray[np.float32]
FACE_SIDES = ((0.0, 44.0), (30.0, 110.0), (80.0, np.inf))  # pixels, of each stride; they overlap
CENTER_RADIUS = 1.5  # strides from the face's middle; its nearest point always counts
SMALLEST_SIDE = 5.0  # pixels of the input; a smaller face is neither asked for nor forbidden
COLUMNS = ("left", "top", "right", "bottom", "is_face", "weight")


def assign(boxes_xyxy: Boxes, ignored_xyxy: Boxes, *, size: int) -> Floats:
    """Targets for each point of `grid(size)`: float32 (K, 6), columns as COLUMNS says.

    boxes_xyxy, ignored_xyxy: pixels of the input, (M, 4) and (I, 4). The box is rel_xyxy, zeros
    for background; weight 0 marks the points that do not count. Where two faces claim a point,
    the smaller has it.
    """
    points = grid(size)
    targets = np.zeros((len(points), len(COLUMNS)), np.float32)
    targets[:, 5] = 1
    sides = np.sqrt(np.prod(boxes_xyxy[:, 2:] - boxes_xyxy[:, :2], axis=1))
    for box in (*ignored_xyxy, *boxes_xyxy[sides < SMALLEST_SIDE]):
        targets[_inside(points, box), 5] = 0
    order = [row for row in np.argsort(-sides) if sides[row] >= SMALLEST_SIDE]
    for row in order:
        rows = _answering(points, boxes_xyxy[row], float(sides[row]))
        targets[rows, :4] = boxes_xyxy[row] / size
        targets[rows, 4:] = 1
    return targets


def _answering(points: Floats, box: npt.NDArray[np.float32], side: float) -> npt.NDArray[np.int64]:
    """Rows of the points that answer for one face of `side` pixels."""
    middle = (box[:2] + box[2:]) / 2
    away = np.abs(points[:, :2] - middle).max(axis=1) / points[:, 2]  # strides
    near = (away <= CENTER_RADIUS) & _inside(points, box)
    rows = []
    for stride, (smallest, largest) in zip(STRIDES, FACE_SIDES, strict=True):
        if smallest <= side < largest:
            of_stride = points[:, 2] == stride
            rows.append(np.flatnonzero(near & of_stride))
            rows.append(np.array([np.argmin(np.where(of_stride, away, np.inf))]))
    return np.unique(np.concatenate(rows))


def _inside(points: Floats, box: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    return np.asarray(((points[:, :2] >= box[:2]) & (points[:, :2] < box[2:])).all(axis=1))
