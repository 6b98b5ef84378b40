"""What `training.prepare` wrote, read again: records, and arrays mapped from disk."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import Box, Boxes
from inference_api.vision.letterbox import Image, LetterboxTransform
from training.dataset.draws import Floats, even_weights
from training.dataset.sizes import CROP_MARGIN, TRAIN_CROP_EXTRA


@dataclass(frozen=True)
class Split:
    """One prepared split: records as written by `training.prepare`, arrays mapped from disk.

    photos: uint8 (N, size, size, 3). crops: uint8 (M, crop size, crop size, 3). crop_margin: of
    the crops that the service would make, as a fraction of the box's sides. references: as crops,
    of the faces that nobody judged and of which gender, ethnicity and age are known.
    """

    records: list[dict[str, Any]]
    photos: Image
    crops: Image
    crop_margin: float = CROP_MARGIN
    references: Image = field(default_factory=lambda: np.empty((0, 1, 1, 3), np.uint8))

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
    def referred(self) -> list[dict[str, Any]]:
        """The records of `references`, in their order."""
        return [record for record in self.records if record.get("reference") is not None]

    @property
    def crop_windows(self) -> Boxes:
        """Where in each stored training crop lies what the service would crop.

        rel_xyxy of the crop, float32 (M, 4). Where the photo ends near the face, both crops end
        there too, so this is no fixed part of the crop.
        """
        return self._windows(self.rated)

    @property
    def reference_windows(self) -> Boxes:
        """The same for `references`."""
        return self._windows(self.referred)

    def _windows(self, records: list[dict[str, Any]]) -> Boxes:
        size, margin = self.photos.shape[1], self.crop_margin
        windows = [_served_window(record, size, margin=margin) for record in records]
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
    path = folder / "references.npy"  # which older folders lack
    references = np.load(path, mmap_mode="r") if path.exists() else crops[:0]
    margin = json.loads((prepared / "summary.json").read_text(encoding="utf-8"))["crop_margin"]
    return Split([json.loads(line) for line in lines], photos, crops, margin, references)


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
