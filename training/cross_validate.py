"""Train the classifier five times, each time measured on a fifth of the people never seen.

    python -m training.cross_validate PHOTOS... --prepared data/folds --out runs/folds \
        --crop-size 150 --crop-margin 0 --train --compact --backbone-weights PATH.dat \
        --frozen-stages 4 --mixed-precision --epochs 20

What follows `--train` goes to each `training.train_classifier`. Measured is the network after the
last epoch, so no fold has a say in its own figure. Repeat the command to go on after a cut.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from training import prepare, train_classifier
from training.classifier.metrics import rating_agreement
from training.classifier.targets import score_scales
from training.dataset.prepared import read_split
from training.release.cards import Table

FOLDS = range(5)

parser = argparse.ArgumentParser(description="Cross-validate the classifier over five folds.")
parser.add_argument("photos", nargs="+", type=Path, help="folders of rated or sorted photos")
parser.add_argument("--prepared", type=Path, required=True, help="where to put each fold's arrays")
parser.add_argument("--out", type=Path, required=True, help="where to put each fold's run")
parser.add_argument("--crop-size", default="120", help="of a face, pixels")
parser.add_argument("--crop-margin", default="0.2", help="of a box's sides")
parser.add_argument("--upper", default="Sexy", help="the class folder of the upper category")
parser.add_argument("--train", nargs=argparse.REMAINDER, default=[], help="for train_classifier")


def main(arguments: Sequence[str] | None = None) -> None:
    """Prepare, train and measure each fold; print the table."""
    options = parser.parse_args(arguments)
    figures = [_measured(fold, options) for fold in FOLDS]
    names = sorted(set.intersection(*(set(each) for each in figures)))
    table = Table("Five folds", ("fold", *names))
    for fold, values in zip(FOLDS, figures, strict=True):
        table.add(str(fold), *(f"{values[name]:.3f}" for name in names))
    means = (float(np.mean([values[name] for values in figures])) for name in names)
    table.add("mean", *(f"{mean:.3f}" for mean in means))
    print(table.markdown())


def _measured(fold: int, options: argparse.Namespace) -> dict[str, float]:
    """Agreement with people on the fold's photos, of a network that never saw them."""
    prepared, run = options.prepared / str(fold), options.out / str(fold)
    if not (prepared / "summary.json").exists():
        prepare.main([
            *map(str, options.photos), "--out", str(prepared), "--validation-fold", str(fold),
            "--crop-size", options.crop_size, "--crop-margin", options.crop_margin,
        ])  # fmt: skip
    upper = ["--upper", options.upper]
    train_classifier.main(["--prepared", str(prepared), "--run", str(run), *upper, *options.train])
    model = keras.models.load_model(run / "checkpoint.keras", compile=False)
    train, validation = (read_split(prepared, split) for split in ("train", "validation"))
    said = model.predict({"image": np.asarray(validation.crops)}, batch_size=256, verbose=0)
    probability = np.asarray(said["probability"])[:, 0]
    return rating_agreement(validation.rated, probability, score_scales(train.rated), options.upper)


if __name__ == "__main__":
    main()
