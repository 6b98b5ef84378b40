"""Train or fit the classifier five times, each time measured on a fifth of the people never seen.

    python -m training.cross_validate PHOTOS... --prepared data/folds --out runs/folds \
        --crop-size 160 --crop-margin 0 --fit --faceres PATH/faceres-deep.json
    python -m training.cross_validate PHOTOS... --prepared data/folds --out runs/folds --train

What follows `--train` or `--fit` goes to each `training.train_classifier` or
`training.fit_classifier`. Measured is the network after the last epoch, so no fold has a say in its
own figure; the tables are of all folds' faces together, each said by the network that never saw it.
Repeat the command to go on after a cut.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from inference_api.vision.letterbox import GREY
from inference_api.vision.spec import ClassifierSpec, Labels
from training import fit_classifier, prepare, train_classifier
from training.classifier.cut import ordinary_probabilities
from training.classifier.metrics import rating_agreement
from training.classifier.targets import score_scales
from training.dataset.prepared import Split, read_split
from training.release.cards import Table
from training.release.classifier_answers import Measured, measure, pooled
from training.release.classifier_tables import classifier_tables

FOLDS = range(5)
DEFAULT_CUT = 0.5  # without faces that nobody rated

parser = argparse.ArgumentParser(description="Cross-validate the classifier over five folds.")
parser.add_argument("photos", nargs="+", type=Path, help="folders of rated or sorted photos")
parser.add_argument("--prepared", type=Path, required=True, help="where to put each fold's arrays")
parser.add_argument("--out", type=Path, required=True, help="where to put each fold's run")
parser.add_argument("--crop-size", default="120", help="of a face, pixels")
parser.add_argument("--crop-margin", default="0.2", help="of a box's sides")
parser.add_argument("--upper", default="Sexy", help="the class folder of the upper category")
parser.add_argument("--train", nargs=argparse.REMAINDER, default=[], help="for train_classifier")
parser.add_argument("--fit", nargs=argparse.REMAINDER, help="for fit_classifier instead")


def main(arguments: Sequence[str] | None = None) -> None:
    """Prepare, train and measure each fold; print the tables."""
    options = parser.parse_args(arguments)
    measured, figures = zip(*(_measured(fold, options) for fold in FOLDS), strict=True)
    for each in classifier_tables(pooled(list(measured))):
        print(each.markdown())
    names = sorted(set.intersection(*(set(each) for each in figures)))
    table = Table("Five folds", ("fold", *names))
    for fold, values in zip(FOLDS, figures, strict=True):
        table.add(str(fold), *(f"{values[name]:.3f}" for name in names))
    means = (float(np.mean([values[name] for values in figures])) for name in names)
    table.add("mean", *(f"{mean:.3f}" for mean in means))
    print(table.markdown())


def _measured(fold: int, options: argparse.Namespace) -> tuple[Measured, dict[str, float]]:
    """What a network says of the fold's photos, which it never saw, and how people agree."""
    prepared, run = options.prepared / str(fold), options.out / str(fold)
    if not (prepared / "summary.json").exists():
        prepare.main([
            *map(str, options.photos), "--out", str(prepared), "--validation-fold", str(fold),
            "--crop-size", options.crop_size, "--crop-margin", options.crop_margin,
        ])  # fmt: skip
    given = ["--prepared", str(prepared), "--run", str(run), "--upper", options.upper]
    if options.fit is None:
        train_classifier.main([*given, *options.train])
        network = run / "checkpoint.keras"
    else:
        fit_classifier.main([*given, *options.fit])
        network = run / "best.keras"
    model = keras.models.load_model(network, compile=False)
    train, validation = (read_split(prepared, split) for split in ("train", "validation"))
    scales, spec = score_scales(train.rated), _spec(model, train, options.upper)
    found = measure(
        lambda images: model.predict({"image": images}, batch_size=256, verbose=0),
        spec, validation, scales,
    )  # fmt: skip
    probability = found.rated.probability
    return found, rating_agreement(validation.rated, probability, scales, options.upper)


def _spec(model: keras.Model, train: Split, upper: str) -> ClassifierSpec:
    """A spec with the fold's own cut, for the tables."""
    ordinary = ordinary_probabilities(model, train)
    return ClassifierSpec(
        kind="classifier", name=model.name, version="0", architecture=model.name, pad_color=GREY,
        input_size=model.inputs[0].shape[1], crop_margin=train.crop_margin, resize_filter="area",
        threshold=float(np.median(ordinary)) if len(ordinary) else DEFAULT_CUT,
        labels=Labels(lower="lower", upper=upper), libraries={}, data_id="", git_commit="",
        sha256={},
    )  # fmt: skip


if __name__ == "__main__":
    main()
