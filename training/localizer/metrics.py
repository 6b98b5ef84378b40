"""Figures of one face a photo that a reader can compare: mean IoU, recall, accuracy."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import Boxes
from training.dataset.matching import MATCH_IOU

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Localization:
    """How well faces were found, all in [0, 1].

    mean_iou: over every photo with a face, whether it was called one or not. recall: faces that
    were called one and whose box matches (IoU ≥ 0.5). accuracy: face or not, over all photos.
    """

    mean_iou: float
    recall: float
    accuracy: float


def localization(
    *, is_face: Bools, face_probability: Floats, ious: Floats, threshold: float = 0.5
) -> Localization:
    """Figures for N photos; `ious` (N,) counts only where `is_face`."""
    called = face_probability >= threshold
    found = called[is_face] & (ious[is_face] >= MATCH_IOU)
    return Localization(
        mean_iou=float(ious[is_face].mean()) if is_face.any() else float("nan"),
        recall=float(found.mean()) if is_face.any() else float("nan"),
        accuracy=float((called == is_face).mean()),
    )


def rowwise_iou(a_xyxy: Boxes, b_xyxy: Boxes) -> Floats:
    """IoU of each box with the one in the same row; (N, 4) each → (N,) in [0, 1]."""
    sides = np.minimum(a_xyxy[:, 2:], b_xyxy[:, 2:]) - np.maximum(a_xyxy[:, :2], b_xyxy[:, :2])
    intersection = np.clip(sides, 0, None).prod(axis=1)
    areas = [
        np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1) for boxes in (a_xyxy, b_xyxy)
    ]
    union = areas[0] + areas[1] - intersection
    return np.asarray(intersection / np.maximum(union, np.finfo(np.float32).tiny), np.float32)
