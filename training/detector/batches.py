"""Prepared photos as the detector's batches.

Every random choice of a batch comes from (seed, epoch, batch), as in `training.dataset.draws`.
"""

from typing import Any

import keras
import numpy as np

from training.dataset.draws import Draws, even_weights
from training.dataset.kinds import CROWDS
from training.dataset.prepared import Split
from training.detector.assignment import assign
from training.detector.mosaic import P_NO_FACE, Labelled, MosaicSampler

CROWD_WEIGHT = 4  # how much more often than by their size alone


class DetectorBatches(keras.utils.PyDataset):
    """Mosaics → targets (N, K, 6) of `training.detector.assignment`."""

    def __init__(self, sampler: MosaicSampler, draws: Draws) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self.sampler = sampler
        self.draws = draws
        self.epoch = 0

    def __len__(self) -> int:
        return self.draws.steps

    def __getitem__(self, batch: int) -> tuple[Any, Any]:
        rng = self.draws.rng(self.epoch, batch)
        pictures = [self.sampler.sample(rng) for _ in range(self.draws.batch_size)]
        targets = [
            assign(picture.boxes_xyxy, picture.ignored_xyxy, size=self.sampler.size)
            for picture in pictures
        ]
        return {"image": np.stack([picture.image for picture in pictures])}, np.stack(targets)


def labelled(split: Split, row: int) -> Labelled:
    """A photo of the split without its padding, with all its faces."""
    image, transform = split.content(row)
    offset = np.tile([transform.pad_left, transform.pad_top], 2)
    boxes = np.array(split.records[row]["boxes_rel_xyxy"], np.float32).reshape(-1, 4)
    return Labelled(image, (boxes * transform.size - offset).astype(np.float32))


def mosaic_sampler(split: Split, *, size: int, p_no_face: float = P_NO_FACE) -> MosaicSampler:
    """The sampler over all photos of a split whose faces are known.

    Leaves with a message when there is none with a face or none without.
    """
    rows = [row for row, record in enumerate(split.records) if record["boxes_rel_xyxy"]]
    negatives = split.rows(faces=0)
    if not rows or not len(negatives):
        raise SystemExit(
            f"the training split has {len(rows)} photos with faces and {len(negatives)} without: "
            "both are needed (python -m training.prepare … --negatives FOLDER)"
        )
    datasets = [split.records[row]["dataset"] for row in rows]
    boost = np.array([CROWD_WEIGHT if name in CROWDS else 1 for name in datasets], np.float32)
    photos = [labelled(split, row) for row in rows]
    backgrounds = [split.content(int(row))[0] for row in negatives]
    weights = even_weights(datasets) * boost
    return MosaicSampler(photos, weights, backgrounds, size=size, p_no_face=p_no_face)
