"""Figures for a detector of many faces: average precision, recall and precision at a threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import Boxes, iou
from training.dataset.matching import MATCH_IOU

Floats = npt.NDArray[np.float32]
MOSTLY = 0.5  # of a detection's area


@dataclass(frozen=True, slots=True)
class Truth:
    """What people boxed in one photo, pixels; ignored: what neither counts nor costs."""

    boxes_xyxy: Boxes
    ignored_xyxy: Boxes

    def of_sides(self, smallest: float, largest: float) -> "Truth":
        """Only faces whose sides, the root of their area, are in a range; others are ignored."""
        sides = np.sqrt(np.prod(self.boxes_xyxy[:, 2:] - self.boxes_xyxy[:, :2], axis=1))
        chosen = (sides >= smallest) & (sides < largest)
        ignored = np.concatenate([self.ignored_xyxy, self.boxes_xyxy[~chosen]])
        return Truth(self.boxes_xyxy[chosen], ignored)


@dataclass(frozen=True, slots=True)
class Found:
    """What a detector says of one photo: boxes in pixels (K, 4) and probabilities (K,)."""

    boxes_xyxy: Boxes
    probabilities: Floats


@dataclass(frozen=True, slots=True)
class Matches:
    """Every counted detection of all photos, the most probable first, and how many faces are.

    probabilities, ious: float32 (D,); the IoU is that with the face that the detection was
    matched to, 0 for a false one.
    """

    probabilities: Floats
    ious: Floats
    n_faces: int

    def precision_recall(self, *, threshold: float) -> tuple[float, float]:
        """At a threshold; precision is 1 when nothing is called a face."""
        called = self.ious[self.probabilities >= threshold]
        right = int((called > 0).sum())
        return right / max(1, len(called)) if len(called) else 1.0, right / max(1, self.n_faces)

    def mean_iou(self, *, threshold: float) -> float:
        """Over the faces that were found."""
        found = self.ious[(self.probabilities >= threshold) & (self.ious > 0)]
        return float(found.mean()) if len(found) else 0.0

    @property
    def average_precision(self) -> float:
        """Area under the precision-recall curve, every point used (PASCAL VOC from 2010 on)."""
        right = np.cumsum(self.ious > 0)
        recall = right / max(1, self.n_faces)
        precision = right / np.arange(1, len(right) + 1)
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        return float(np.sum(np.diff(recall, prepend=0.0) * envelope))


def match(
    found: Sequence[Found], truths: Sequence[Truth], *, min_iou: float = MATCH_IOU
) -> Matches:
    """Match detections to faces, photo by photo, the most probable detection first.

    A detection takes the free face of the greatest IoU, if that is at least `min_iou`. One that
    matches none and lies half or more inside an ignored place is left out, neither right nor
    wrong (as COCO does with crowds: a place may hold many faces).
    """
    probabilities: list[float] = []
    ious: list[float] = []
    for said, truth in zip(found, truths, strict=True):
        for probability, overlap in _match_photo(said, truth, min_iou=min_iou):
            probabilities.append(probability)
            ious.append(overlap)
    order = np.argsort(-np.array(probabilities), kind="stable")
    n_faces = sum(len(truth.boxes_xyxy) for truth in truths)
    return Matches(
        np.array(probabilities, np.float32)[order], np.array(ious, np.float32)[order], n_faces
    )


def _match_photo(said: Found, truth: Truth, *, min_iou: float) -> list[tuple[float, float]]:
    """Probability and matched IoU (0: false) of each detection that counts."""
    overlaps = iou(said.boxes_xyxy, truth.boxes_xyxy)
    hidden = _share_inside(said.boxes_xyxy, truth.ignored_xyxy) >= MOSTLY
    free = np.ones(len(truth.boxes_xyxy), bool)
    counted = []
    for row in np.argsort(-said.probabilities, kind="stable"):
        candidates = np.where(free, overlaps[row], 0.0)
        best = int(np.argmax(candidates)) if len(candidates) else -1
        if best >= 0 and candidates[best] >= min_iou:
            free[best] = False
            counted.append((float(said.probabilities[row]), float(candidates[best])))
        elif not hidden[row]:
            counted.append((float(said.probabilities[row]), 0.0))
    return counted


def _share_inside(boxes: Boxes, places: Boxes) -> Floats:
    """The largest share of each box's area that lies in one of the places (N,)."""
    corners = np.maximum(boxes[:, None, :2], places[None, :, :2])
    sides = np.clip(np.minimum(boxes[:, None, 2:], places[None, :, 2:]) - corners, 0, None)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    shares = np.prod(sides, axis=2) / np.maximum(areas[:, None], 1e-6)
    return np.asarray(shares.max(axis=1, initial=0.0), np.float32)
