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
    have no face has no crop, and one that nobody judged only if it is a reference.
    """
    square, transform = letterbox(image, size=sizes.photo)
    height, width = image.shape[:2]
    boxes = [Box(*box).clip((width, height)) for box in photo.boxes_xyxy or ()]
    crop = None
    if (_is_judged(photo) or _is_reference(photo)) and photo.boxes_xyxy != ():
        largest = max(boxes, key=lambda box: box.area, default=Box(0, 0, width, height))
        crop = crop_square(image, largest, margin=sizes.crop_margin, size=sizes.crop)
    rel = transform.apply([[b.left, b.top, b.right, b.bottom] for b in boxes]).tolist()
    known = None if photo.boxes_xyxy is None else rel
    ignored = transform.apply(photo.ignored_xyxy).tolist()
    return Prepared(photo, split, (width, height), known, ignored, square, crop)


def _is_judged(photo: Photo) -> bool:
    return photo.score is not None or photo.category is not None


def _is_reference(photo: Photo) -> bool:
    """Whether nobody judged the face, and it is known who it is: what groups are compared on."""
    return not _is_judged(photo) and photo.group.keys() >= {"gender", "ethnicity", "age"}


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
    """Write the split's files below `out`."""
    folder = out / split
    folder.mkdir(parents=True, exist_ok=True)
    squares = np.lib.format.open_memmap(
        folder / "photos.npy", "w+", np.uint8, (len(photos), sizes.photo, sizes.photo, 3)
    )
    crops: list[Image] = []
    references: list[Image] = []
    with (folder / "records.jsonl").open("w", encoding="utf-8") as records:
        for row, photo in enumerate(tqdm(photos, desc=split, unit="photo")):
            image = load_photo(photo)
            if isinstance(image, Rejected):
                raise SystemExit(f"{photo.path} changed while it was prepared: {image.reason}")
            prepared = prepare(photo, image, split=split, sizes=sizes)
            squares[row] = prepared.square
            own, name = (crops, "crop") if _is_judged(photo) else (references, "reference")
            row_of: dict[str, int | None] = {"crop": None, "reference": None}
            if prepared.crop is not None:
                row_of[name] = len(own)
                own.append(prepared.crop)
            records.write(json.dumps(_record(prepared) | row_of) + "\n")
    squares.flush()
    side = sizes.crop
    for name, own in (("crops", crops), ("references", references)):
        np.save(folder / f"{name}.npy", np.array(own, np.uint8).reshape(-1, side, side, 3))


def _record(prepared: Prepared) -> dict[str, object]:
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
        "upper_share": photo.upper_share,
        "n_ratings": photo.n_ratings,
        "group": photo.group,
        "licence": photo.licence,
    }
