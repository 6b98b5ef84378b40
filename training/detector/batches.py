"""Prepared photos as the detector's batches, without Keras (see `training.detector.targets`).

Every random choice of a batch comes from (seed, epoch, batch), as in `training.dataset.draws`.
"""

from dataclasses import dataclass

import numpy as np

from inference_api.vision.boxes import Boxes
from inference_api.vision.letterbox import Image
from training.dataset.draws import Draws, Floats, even_weights
from training.dataset.prepared import Split
from training.detector.mosaic import P_NO_FACE, Labelled, MosaicSampler
from training.detector.targets import targets

SEVERAL_WEIGHT = 2.5  # how much more often photos with several faces are drawn


@dataclass(frozen=True)
class DetectorBatches:
    """Mosaics and their targets, batch by batch."""

    sampler: MosaicSampler
    draws: Draws

    def __call__(self, epoch: int, batch: int) -> tuple[Image, Floats]:
        """Pictures uint8 (N, size, size, 3) and targets (N, MAX_ROWS, 5)."""
        rng = self.draws.rng(epoch, batch)
        pictures = [self.sampler.sample(rng) for _ in range(self.draws.batch_size)]
        images = np.stack([picture.image for picture in pictures])
        return images, np.stack([targets(picture, self.sampler.size) for picture in pictures])


def labelled(split: Split, row: int) -> Labelled:
    """A photo of the split without its padding, with all its faces."""
    image, transform = split.content(row)
    record = split.records[row]
    offset = np.tile([transform.pad_left, transform.pad_top], 2)

    def pixels(boxes_rel_xyxy: list[list[float]]) -> Boxes:
        boxes = np.array(boxes_rel_xyxy, np.float32).reshape(-1, 4)
        return np.asarray(boxes * transform.size - offset, np.float32)

    boxes, ignored = record["boxes_rel_xyxy"], record.get("ignore_rel_xyxy", [])
    return Labelled(image, pixels(boxes), pixels(ignored), record.get("loose_boxes", False))


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
    photos = [labelled(split, row) for row in rows]
    several = np.array([len(photo.boxes_xyxy) > 1 for photo in photos])
    weights = even_weights([split.records[row]["dataset"] for row in rows])
    weights = weights * np.where(several, np.float32(SEVERAL_WEIGHT), np.float32(1))
    backgrounds = [split.content(int(row))[0] for row in negatives]
    return MosaicSampler(photos, weights, backgrounds, size=size, p_no_face=p_no_face)
