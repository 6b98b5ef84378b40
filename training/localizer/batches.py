"""Prepared photos as the localizer's batches."""

from typing import Any

import keras
import numpy as np

from inference_api.vision.boxes import Box
from inference_api.vision.letterbox import Image
from training.dataset.draws import Draws, Floats, even_weights
from training.dataset.errors import UnfitDataError
from training.dataset.prepared import Split
from training.localizer.augment import CompositeSampler, FaceSampler, OriginalSampler


class LocalizerBatches(keras.utils.PyDataset):
    """Augmented photos → face probability and box; drawn in proportion to `weights` (N,)."""

    def __init__(self, sampler: FaceSampler, weights: Floats, draws: Draws) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self.sampler = sampler
        self.draws = draws
        self.epoch = 0
        self.weights = weights / weights.sum()

    def __len__(self) -> int:
        return self.draws.steps

    def __getitem__(self, batch: int) -> tuple[Any, Any, Any]:
        rng = self.draws.rng(self.epoch, batch)
        faces = rng.choice(len(self.weights), self.draws.batch_size, p=self.weights)
        samples = [self.sampler.sample(rng, int(face)) for face in faces]
        images = np.stack([sample.image for sample in samples])
        is_face = np.array([[sample.box is not None] for sample in samples], np.float32)
        boxes = np.zeros((len(samples), 4), np.float32)
        for row, sample in enumerate(samples):
            if sample.box is not None:
                boxes[row] = sample.box.as_array() / self.sampler.size
        targets = {"face_probability": is_face, "box_rel_xyxy": boxes}
        # A photo without a face has no box to learn: weight 0.
        every = np.ones(len(samples), np.float32)
        return (
            {"image": images},
            targets,
            {"face_probability": every, "box_rel_xyxy": is_face[:, 0]},
        )


def face_sampler(
    split: Split, *, size: int, without: frozenset[str], augmentation: str = "default"
) -> tuple[FaceSampler, Floats]:
    """The sampler over a split's photos with one face and with none, and its faces' weights.

    Raises UnfitDataError when there is no photo of either kind.
    """
    rows = split.rows(faces=1, without=without)
    boxes = split.boxes_rel_xyxy
    faces: list[tuple[Image, Box]] = []
    for row in rows:
        image, transform = split.content(row)
        left, top, right, bottom = boxes[row] * np.float32(transform.size)
        x, y = transform.pad_left, transform.pad_top
        box = Box(left - x, top - y, right - x, bottom - y)
        faces.append((image, Box(*map(float, (box.left, box.top, box.right, box.bottom)))))
    backgrounds = [split.content(row)[0] for row in split.rows(faces=0)]
    if not faces or not backgrounds:
        raise UnfitDataError(
            f"the training split has {len(faces)} photos with one face and {len(backgrounds)} "
            "without: both are needed (python -m training.prepare … --negatives FOLDER)"
        )
    weights = even_weights([split.records[row]["dataset"] for row in rows])
    if augmentation == "original":
        return OriginalSampler(faces, backgrounds, size=size), weights
    return CompositeSampler(faces, backgrounds, size=size), weights
