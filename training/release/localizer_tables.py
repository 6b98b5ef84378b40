"""The tables of the released localizer's model card."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from inference_api.vision.spec import read_spec
from training.dataset.kinds import LOOSE_BOXES, NOT_VALIDATED
from training.dataset.matching import MATCH_IOU
from training.dataset.prepared import Split
from training.localizer.metrics import localization, rowwise_iou
from training.localizer.pasted import paste_into_negatives
from training.release.bootstrap import Rows
from training.release.cards import Table, group_table
from training.release.saved_model import SignatureFunction

PASTING_SEED = 0
RECALL = f"recall at IoU ≥ {MATCH_IOU}"


def localizer_tables(artifact: Path, split: Split) -> Iterator[Table]:
    """Whole photos by data set, the same pasted small, negatives, and groups of people."""
    predict, threshold = SignatureFunction(artifact), read_spec(artifact).threshold
    singles, negatives = split.rows(faces=1, without=NOT_VALIDATED), split.rows(faces=0)
    whole = _Located(predict, split.photos[singles], split.boxes_rel_xyxy[singles], threshold)
    pasted_images, pasted_boxes = paste_into_negatives(split, singles, seed=PASTING_SEED)
    pasted = _Located(predict, pasted_images, pasted_boxes, threshold)
    empty = _Located(
        predict, split.photos[negatives], np.zeros((len(negatives), 4), np.float32), threshold
    )
    datasets = np.array([split.records[row]["dataset"] for row in singles])
    table = Table("Single faces", ("photos", "n", "mean IoU", RECALL))
    for name in sorted(set(datasets)):
        table.add(name, *whole.figures(np.flatnonzero(datasets == name)))
    table.add("all, as they are", *whole.figures())
    table.add("all, pasted at 20–50 % of the side into negatives", *pasted.figures())
    yield table
    found = np.concatenate([whole.called, ~empty.called])
    table = Table("Face or no face", ("photos", "n", "accuracy"))
    table.add("single faces and negatives", len(found), f"{found.mean():.4f}")
    table.add("negatives alone", len(empty.called), f"{(~empty.called).mean():.4f}")
    yield table
    others = split.rows(faces=1, without=LOOSE_BOXES)
    all_singles = _Located(predict, split.photos[others], split.boxes_rel_xyxy[others], threshold)
    yield group_table(
        "By group (all single faces)",
        [split.records[row] for row in others],
        {"mean IoU": lambda rows: all_singles.ious[rows].mean(),
         RECALL: lambda rows: all_singles.found[rows].mean()},
    )  # fmt: skip


class _Located:
    """What the localizer says of N photos that hold one face each (or none: a zero box)."""

    def __init__(
        self, predict: SignatureFunction, images: Any, boxes: Any, threshold: float
    ) -> None:
        said = predict(np.asarray(images))
        self.ious = rowwise_iou(said["box_rel_xyxy"], boxes)
        self.probability = said["face_probability"][:, 0]
        self.called = self.probability >= threshold
        self.found = self.called & (self.ious >= MATCH_IOU)
        self.threshold = threshold

    def figures(self, rows: Rows | None = None) -> tuple[int, str, str]:
        """Photos, mean IoU and recall, as a table has them."""
        chosen = np.arange(len(self.ious)) if rows is None else rows
        result = localization(
            is_face=np.ones(len(chosen), bool), face_probability=self.probability[chosen],
            ious=self.ious[chosen], threshold=self.threshold,
        )  # fmt: skip
        return len(chosen), f"{result.mean_iou:.3f}", f"{100 * result.recall:.1f} %"
