"""Turn folders of labelled photos into arrays, once, with the service's own pixels.

    python -m training.prepare PHOTOS... --out data/prepared
    python -m training.prepare PHOTOS --negatives HOUSES CLOTHES --out data/prepared
    python -m training.prepare PHOTOS... --out data/large --train-size 416 --validation-size 288 \
        --crop-size 160 --crop-margin 0

For each split, `train` and `validation`, four files are written:

- `photos.npy`: uint8 RGB (N, size, size, 3), letterboxed;
- `crops.npy`: uint8 RGB (M, crop size, crop size, 3), the faces that were rated or sorted;
- `references.npy`: the same of faces that nobody rated, of known gender, ethnicity and age, on
  which a classifier's groups are compared;
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
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from training.dataset.arrays import load_photo, write_split
from training.dataset.folds import assign_folds, perceptual_hash
from training.dataset.sizes import CROP_MARGIN, INPUT_SIZE, SPLITS, TRAIN_SIZE, Sizes
from training.dataset.sources import FACE, Photo, Rejected, photos_in, read_source


def main(arguments: Sequence[str] | None = None) -> int:
    """Read, split and write; the exit status is 3 when files were left out, 1 for no split."""
    options = _parse(arguments)
    found = list(_read_all(options))
    rejected = [item for item in found if isinstance(item, Rejected)]
    photos, hashes = [], []
    for photo in tqdm([p for p in found if isinstance(p, Photo)], desc="hashing", unit="photo"):
        image = load_photo(photo)
        if isinstance(image, Rejected):
            rejected.append(image)
        else:
            photos.append(photo)
            hashes.append(perceptual_hash(image))
    folds = assign_folds(photos, hashes)
    splits = ["validation" if fold == options.validation_fold else "train" for fold in folds]
    _report(rejected, photos)
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
        write_split(members, split, options.out, sizes[split])
    _summarize(splits, photos, rejected, options.out, crop_margin=options.crop_margin)
    return 3 if rejected else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("photos", nargs="+", type=Path, help="folders of labelled photos")
    parser.add_argument(
        "--negatives", nargs="*", type=Path, default=[], help="photos without faces"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--validation-fold", type=int, default=0, choices=range(5))
    parser.add_argument("--categories", nargs=2, default=["Ugly", "Sexy"], help="lower, upper")
    parser.add_argument(
        "--label", nargs="+", default=[FACE], help="labelme's labels that are faces"
    )
    parser.add_argument("--train-size", type=int, default=TRAIN_SIZE, help="pixels of a side")
    parser.add_argument("--validation-size", type=int, default=INPUT_SIZE, help="pixels of a side")
    parser.add_argument("--crop-size", type=int, default=INPUT_SIZE, help="of a face, pixels")
    parser.add_argument("--crop-margin", type=float, default=CROP_MARGIN, help="of a box's sides")
    parser.add_argument(
        "--loose-boxes", nargs="*", type=Path, default=[], metavar="FOLDER",
        help="photos whose boxes show where faces are, not how large (the detector learns no more)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    for folder in [*options.photos, *options.loose_boxes, *options.negatives]:
        if not folder.is_dir():
            parser.error(f"{folder} is not a folder")
    return options


def _read_all(options: argparse.Namespace) -> Iterable[Photo | Rejected]:
    for folder in options.photos:
        yield from read_source(folder, categories=tuple(options.categories), labels=options.label)
    for folder in options.loose_boxes:
        for item in read_source(folder, categories=tuple(options.categories), labels=options.label):
            yield replace(item, loose_boxes=True) if isinstance(item, Photo) else item
    for folder in options.negatives:
        for path in photos_in(folder):
            yield Photo(path, folder.name, boxes_xyxy=(), box_source="none")


def _report(rejected: Sequence[Rejected], photos: Sequence[Photo]) -> None:
    for item in rejected:
        print(f"left out: {item.path}: {item.reason}", file=sys.stderr)
    for label, count in sorted(_other_labels(photos).items()):
        print(f"no face: {count} shapes labelled {label}; --label takes them", file=sys.stderr)


def _other_labels(photos: Sequence[Photo]) -> Counter[str]:
    return Counter(label for photo in photos for label in photo.other_labels)


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
        "other_labels": _other_labels(photos),
        "rejected": [{"path": str(item.path), "reason": item.reason} for item in rejected],
    }
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    for (dataset, split), n in sorted(counts.items()):
        print(f"{dataset:24} {split:12} {n:6}")


if __name__ == "__main__":
    sys.exit(main())
