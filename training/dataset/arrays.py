"""From a photo to its arrays and its record, and a split's files; `training.prepare` says which."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from inference_api.errors import ImageRejectedError
from inference_api.vision.boxes import Box
from inference_api.vision.images import decode
from inference_api.vision.letterbox import Image, crop_square, letterbox
from training.dataset.sizes import Sizes
from training.dataset.sources import Photo, Rejected


@dataclass(frozen=True, slots=True)
class Prepared:
    """One photo ready to be stored; boxes are clipped to the picture, None where unknown."""

    photo: Photo
    split: str
    size_wh: tuple[int, int]
    boxes_rel_xyxy: list[list[float]] | None
    ignore_rel_xyxy: list[list[float]]
    square: Image
    crop: Image | None


def prepare(photo: Photo, image: Image, *, split: str, sizes: Sizes) -> Prepared:
    """The arrays of one photo: its square, and the crop of its largest face.

    A rated or sorted photo whose boxes are unknown counts as all face; one that is known to
    have no face, or that nobody judged, has no crop.
    """
    square, transform = letterbox(image, size=sizes.photo)
    height, width = image.shape[:2]
    boxes = [Box(*box).clip((width, height)) for box in photo.boxes_xyxy or ()]
    crop = None
    judged = photo.score is not None or photo.category is not None
    if judged and photo.boxes_xyxy != ():
        largest = max(boxes, key=lambda box: box.area, default=Box(0, 0, width, height))
        crop = crop_square(image, largest, margin=sizes.crop_margin, size=sizes.crop)
    rel = transform.apply([[b.left, b.top, b.right, b.bottom] for b in boxes]).tolist()
    known = None if photo.boxes_xyxy is None else rel
    ignored = transform.apply(photo.ignored_xyxy).tolist()
    return Prepared(photo, split, (width, height), known, ignored, square, crop)


def load_photo(photo: Photo) -> Image | Rejected:
    """The photo's pixels, or why it cannot be used."""
    try:
        image = decode(photo.path.read_bytes())
    except (OSError, ImageRejectedError) as error:
        return Rejected(photo.path, str(error))
    height, width = image.shape[:2]
    if photo.drawn_on_wh not in (None, (width, height)):
        drawn = "{}x{}".format(*photo.drawn_on_wh)
        return Rejected(photo.path, f"its boxes were drawn on {drawn}, it has {width}x{height}")
    if any(Box(*box).clip((width, height)).area <= 0 for box in photo.boxes_xyxy or ()):
        return Rejected(photo.path, f"a box lies outside the picture of {width}x{height} pixels")
    return image


def write_split(photos: Sequence[Photo], split: str, out: Path, sizes: Sizes) -> None:
    """Write the split's three files below `out`."""
    folder = out / split
    folder.mkdir(parents=True, exist_ok=True)
    squares = np.lib.format.open_memmap(
        folder / "photos.npy", "w+", np.uint8, (len(photos), sizes.photo, sizes.photo, 3)
    )
    crops: list[Image] = []
    with (folder / "records.jsonl").open("w", encoding="utf-8") as records:
        for row, photo in enumerate(tqdm(photos, desc=split, unit="photo")):
            image = load_photo(photo)
            if isinstance(image, Rejected):
                raise SystemExit(f"{photo.path} changed while it was prepared: {image.reason}")
            prepared = prepare(photo, image, split=split, sizes=sizes)
            squares[row] = prepared.square
            records.write(json.dumps(_record(prepared, len(crops))) + "\n")
            if prepared.crop is not None:
                crops.append(prepared.crop)
    squares.flush()
    side = sizes.crop
    np.save(folder / "crops.npy", np.array(crops, np.uint8).reshape(-1, side, side, 3))


def _record(prepared: Prepared, crop_row: int) -> dict[str, object]:
    photo = prepared.photo
    return {
        "source": photo.path.name,
        "dataset": photo.dataset,
        "size_wh": prepared.size_wh,
        "boxes_rel_xyxy": prepared.boxes_rel_xyxy,
        "ignore_rel_xyxy": prepared.ignore_rel_xyxy,
        "loose_boxes": photo.loose_boxes,
        "box_source": photo.box_source,
        "identity": photo.identity,
        "duplicate_group": photo.duplicate_group,
        "fold": photo.fold,
        "score": photo.score,
        "category": photo.category,
        "group": photo.group,
        "licence": photo.licence,
        "crop": None if prepared.crop is None else crop_row,
    }
