"""Turn folders of labelled photos into arrays, once, with the service's own pixels.

    python -m training.prepare PHOTOS... --out data/prepared
    python -m training.prepare PHOTOS --negatives HOUSES CLOTHES --out data/prepared
    python -m training.prepare PHOTOS... --out data/large --train-size 416 --validation-size 288 \
        --crop-size 150 --crop-margin 0

For each split, `train` and `validation`, three files are written:

- `photos.npy`: uint8 RGB (N, size, size, 3), letterboxed;
- `crops.npy`: uint8 RGB (M, crop size, crop size, 3), the faces that were rated or sorted;
- `records.jsonl`: one object for each photo, in the same order, with its boxes.

The validation arrays have the networks' input size, so their pixels are those that the service
would feed; the training arrays are larger, so that augmentation can zoom in. The sizes given are
those of the original pair; the last command is for the compact one. Files that cannot
be used are named in `summary.json` and on the screen, and make the exit status 3; when a split
would stay empty nothing is written and the status is 1.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from inference_api.errors import ImageRejectedError
from inference_api.vision.boxes import Box
from inference_api.vision.images import decode
from inference_api.vision.letterbox import Image, crop_square, letterbox
from training.architectures import INPUT_SIZE
from training.sources import Photo, Rejected, photos_in, read_source
from training.splits import assign_folds, perceptual_hash

TRAIN_SIZE = 192  # pixels; 1.6 times the input leaves room to zoom in
CROP_MARGIN = 0.2  # of the box's sides: hair and chin are seen, little background is
TRAIN_CROP_EXTRA = 0.2  # more of them, so that augmentation can shift and turn the crop
TRAIN_CROP_SCALE = 4 / 3  # of the side, for the same reason
SPLITS = ("train", "validation")


@dataclass(frozen=True, slots=True)
class Sizes:
    """What is cut from each photo: sides in pixels, the crop's margin as in the artifact's spec."""

    photo: int
    crop: int = INPUT_SIZE
    crop_margin: float = CROP_MARGIN

    def for_training(self, photo: int) -> "Sizes":
        """The larger sizes, of squares with `photo` pixels, that augmentation cuts from."""
        margin = self.crop_margin + TRAIN_CROP_EXTRA
        return Sizes(photo, round(self.crop * TRAIN_CROP_SCALE), margin)


@dataclass(frozen=True, slots=True)
class Prepared:
    """One photo ready to be stored; boxes are clipped to the picture, None where unknown."""

    photo: Photo
    split: str
    size_wh: tuple[int, int]
    boxes_rel_xyxy: list[list[float]] | None
    square: Image
    crop: Image | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Read, split and write; the exit status is 3 when files were left out, 1 for no split."""
    options = _parse(arguments)
    found = list(_read_all(options))
    rejected = [item for item in found if isinstance(item, Rejected)]
    photos, hashes = [], []
    for photo in tqdm([p for p in found if isinstance(p, Photo)], desc="hashing", unit="photo"):
        image = _load(photo)
        if isinstance(image, Rejected):
            rejected.append(image)
        else:
            photos.append(photo)
            hashes.append(perceptual_hash(image))
    folds = assign_folds(photos, hashes)
    splits = ["validation" if fold == options.validation_fold else "train" for fold in folds]
    _report(rejected)
    if empty := set(SPLITS).difference(splits):
        print(
            f"{len(photos)} photos leave nothing for {' and '.join(sorted(empty))}: photos of "
            "one person or of one scene stay together; take more varied ones",
            file=sys.stderr,
        )
        return 1  # fmt: skip
    served = Sizes(options.validation_size, options.crop_size, options.crop_margin)
    sizes = {"train": served.for_training(options.train_size), "validation": served}
    for split in SPLITS:
        members = [photo for photo, its in zip(photos, splits, strict=True) if its == split]
        _write_split(members, split, options.out, sizes[split])
    _summarize(splits, photos, rejected, options.out, crop_margin=options.crop_margin)
    return 3 if rejected else 0


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
    return Prepared(photo, split, (width, height), known, square, crop)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("photos", nargs="+", type=Path, help="folders of labelled photos")
    parser.add_argument(
        "--negatives", nargs="*", type=Path, default=[], help="photos without faces"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--validation-fold", type=int, default=0, choices=range(5))
    parser.add_argument("--categories", nargs=2, default=["Ugly", "Sexy"], help="lower, upper")
    parser.add_argument("--train-size", type=int, default=TRAIN_SIZE, help="pixels of a side")
    parser.add_argument("--validation-size", type=int, default=INPUT_SIZE, help="pixels of a side")
    parser.add_argument("--crop-size", type=int, default=INPUT_SIZE, help="of a face, pixels")
    parser.add_argument("--crop-margin", type=float, default=CROP_MARGIN, help="of a box's sides")
    options = parser.parse_args(arguments)
    for folder in [*options.photos, *options.negatives]:
        if not folder.is_dir():
            parser.error(f"{folder} is not a folder")
    return options


def _read_all(options: argparse.Namespace) -> Iterable[Photo | Rejected]:
    for folder in options.photos:
        yield from read_source(folder, categories=tuple(options.categories))
    for folder in options.negatives:
        for path in photos_in(folder):
            yield Photo(path, folder.name, boxes_xyxy=(), box_source="none")


def _load(photo: Photo) -> Image | Rejected:
    try:
        image = decode(photo.path.read_bytes())
    except (OSError, ImageRejectedError) as error:
        return Rejected(photo.path, str(error))
    height, width = image.shape[:2]
    if any(Box(*box).clip((width, height)).area <= 0 for box in photo.boxes_xyxy or ()):
        return Rejected(photo.path, f"a box lies outside the picture of {width}x{height} pixels")
    return image


def _write_split(photos: Sequence[Photo], split: str, out: Path, sizes: Sizes) -> None:
    folder = out / split
    folder.mkdir(parents=True, exist_ok=True)
    squares = np.lib.format.open_memmap(
        folder / "photos.npy", "w+", np.uint8, (len(photos), sizes.photo, sizes.photo, 3)
    )
    crops: list[Image] = []
    with (folder / "records.jsonl").open("w", encoding="utf-8") as records:
        for row, photo in enumerate(tqdm(photos, desc=split, unit="photo")):
            image = _load(photo)
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


def _report(rejected: Sequence[Rejected]) -> None:
    for item in rejected:
        print(f"left out: {item.path}: {item.reason}", file=sys.stderr)


def _summarize(
    splits: Sequence[str],
    photos: Sequence[Photo],
    rejected: Sequence[Rejected],
    out: Path,
    *,
    crop_margin: float,
) -> None:
    counts = Counter((photo.dataset, split) for photo, split in zip(photos, splits, strict=True))
    summary = {
        "photos": {f"{dataset}/{split}": n for (dataset, split), n in sorted(counts.items())},
        "crop_margin": crop_margin,
        "rejected": [{"path": str(item.path), "reason": item.reason} for item in rejected],
    }
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    for (dataset, split), n in sorted(counts.items()):
        print(f"{dataset:24} {split:12} {n:6}")


if __name__ == "__main__":
    sys.exit(main())
