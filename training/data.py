"""Prepared arrays as the networks' batches.

Every random choice of a batch comes from (seed, epoch, batch), so a run that is resumed at an
epoch sees the same pixels as one that was never interrupted.
"""

import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import Box, Boxes
from inference_api.vision.letterbox import Image, LetterboxTransform
from training.augment import CompositeSampler, FaceSampler, OriginalSampler
from training.prepare import CROP_MARGIN, TRAIN_CROP_EXTRA

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Split:
    """One prepared split: records as written by `training.prepare`, arrays mapped from disk.

    photos: uint8 (N, size, size, 3). crops: uint8 (M, crop size, crop size, 3). crop_margin: of
    the crops that the service would make, as a fraction of the box's sides.
    """

    records: list[dict[str, Any]]
    photos: Image
    crops: Image
    crop_margin: float = CROP_MARGIN

    @property
    def boxes_rel_xyxy(self) -> Boxes:
        """The largest face of each photo, float32 (N, 4); zeros where there is none."""
        boxes = np.zeros((len(self.records), 4), np.float32)
        for row, record in enumerate(self.records):
            if record["boxes_rel_xyxy"]:
                boxes[row] = max(record["boxes_rel_xyxy"], key=_area)
        return boxes

    @property
    def rated(self) -> list[dict[str, Any]]:
        """The records of the photos whose face was cropped, in the order of `crops`.

        Those are the rated and the sorted ones.
        """
        return [record for record in self.records if record["crop"] is not None]

    @property
    def crop_windows(self) -> Boxes:
        """Where in each stored training crop lies what the service would crop.

        rel_xyxy of the crop, float32 (M, 4). Where the photo ends near the face, both crops end
        there too, so this is no fixed part of the crop.
        """
        size, margin = self.photos.shape[1], self.crop_margin
        windows = [_served_window(record, size, margin=margin) for record in self.rated]
        return np.array(windows, np.float32).reshape(-1, 4)

    @property
    def crop_weights(self) -> Floats:
        """How often to draw each crop, float32 (M,): see `even_weights`."""
        return even_weights([record["dataset"] for record in self.rated])

    def rows(self, *, faces: int, without: frozenset[str] = frozenset()) -> npt.NDArray[np.int64]:
        """Rows of the photos with exactly `faces` faces, but for some data sets.

        Photos whose boxes are unknown (None) are in none.
        """
        return np.array([
            row for row, record in enumerate(self.records)
            if record["boxes_rel_xyxy"] is not None
            and len(record["boxes_rel_xyxy"]) == faces and record["dataset"] not in without
        ], np.int64)  # fmt: skip

    def content(self, row: int) -> tuple[Image, LetterboxTransform]:
        """The photo without its letterbox padding, and where it lies in the square."""
        size = self.photos.shape[1]
        transform = LetterboxTransform.fit(tuple(self.records[row]["size_wh"]), size=size)
        width, height = transform.scaled_size_wh
        left, top = transform.pad_left, transform.pad_top
        return self.photos[row, top : top + height, left : left + width], transform


def read_split(prepared: Path, split: str) -> Split:
    """The split `train` or `validation` of a folder that `training.prepare` wrote."""
    folder = prepared / split
    lines = (folder / "records.jsonl").read_text(encoding="utf-8").splitlines()
    photos, crops = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("photos", "crops"))
    margin = json.loads((prepared / "summary.json").read_text(encoding="utf-8"))["crop_margin"]
    return Split([json.loads(line) for line in lines], photos, crops, margin)


@dataclass(frozen=True, slots=True)
class Draws:
    """How batches are drawn: their size, how many make an epoch, and the seed."""

    batch_size: int
    steps: int
    seed: int

    def rng(self, epoch: int, batch: int) -> np.random.Generator:
        """The randomness of one batch, the same whenever it is made."""
        return np.random.default_rng((self.seed, epoch, batch))


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

    Leaves with a message when there is no photo of either kind.
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
        raise SystemExit(
            f"the training split has {len(faces)} photos with one face and {len(backgrounds)} "
            "without: both are needed (python -m training.prepare … --negatives FOLDER)"
        )
    weights = even_weights([split.records[row]["dataset"] for row in rows])
    if augmentation == "original":
        return OriginalSampler(faces, backgrounds, size=size), weights
    return CompositeSampler(faces, backgrounds, size=size), weights


def even_weights(datasets: list[str]) -> Floats:
    """A weight for each photo, so that a data set is drawn by the root of its size.

    The largest set must not decide alone what a face looks like. float32 (N,).
    """
    sizes = Counter(datasets)
    return np.array([1 / math.sqrt(sizes[name]) for name in datasets], np.float32)


def _served_window(record: dict[str, Any], size: int, *, margin: float) -> list[float]:
    width, height = record["size_wh"]
    box = Box(0, 0, width, height)
    if record["boxes_rel_xyxy"]:
        transform = LetterboxTransform.fit((width, height), size=size)
        largest = max(record["boxes_rel_xyxy"], key=_area)
        box = Box(*transform.invert(largest)[0].tolist())
    # What crop_square shows: a clipped square, made square again by the letterbox's padding.
    served, stored = (
        box.expand(wide).square().clip((width, height)).square()
        for wide in (margin, margin + TRAIN_CROP_EXTRA)
    )
    corners = served.as_array() - np.tile([stored.left, stored.top], 2)
    return (corners / stored.width).tolist()  # type: ignore[no-any-return]


def _area(box: list[float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
