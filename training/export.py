"""Release trained networks: plain layers, calibrated, as SavedModel with spec.json.

    python -m training.export --localizer runs/localizer --classifier runs/classifier \
        --prepared data/prepared --out models
    python -m training.export --localizer runs/detector --classifier runs/compact \
        --prepared data/prepared --out models --face-threshold 0.6

A run holds a network of the original or of the compact pair; which one, its layers say.
Normalization and dropout, which only help training, are folded away, so that what is released
is the architecture as published. `python -m training.evaluate` then measures the artifacts and
writes their model cards. Needs Keras on TensorFlow; the networks may come from any backend.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np

from inference_api.vision.letterbox import GREY
from inference_api.vision.spec import (
    ClassifierSpec,
    Cut,
    Detection,
    Labels,
    LocalizerSpec,
    LookAgain,
    NotSure,
    sha256_of,
    write_spec,
)
from training.classifier.cut import ordinary_probabilities
from training.classifier.targets import score_scales, target_probability
from training.dataset.prepared import Split, read_split
from training.detector.network import STRIDES
from training.detector.validation import MAX_IOU
from training.release.names import CLASSIFIER, COMPACT_CLASSIFIER, COMPACT_LOCALIZER, LOCALIZER
from training.release.plain import calibrate, plain_classifier, plain_localizer
from training.release.saved_model import save_half_precision

MAX_FACES = 100
# The second look: two tiles or four, and what asks for it. Measured on groups of fold 0: average
# precision from 10 pixels on 0.76 with one look and 0.84 with two, 5 squares a photo on average.
OVERLAP, SMALL_FACE, MANY_FACES = 48, 0.16, 3
MEANING = (
    "that a random rater of the panel puts this photo in the upper half of the faces of the same "
    "ethnic group that they rated, women and men counting equally"
)
ORDINARY = "adults of all ethnic groups that nobody rated"
LIBRARIES = ("keras", "tensorflow", "numpy")

parser = argparse.ArgumentParser(description="Export trained networks as artifacts.")
parser.add_argument("--localizer", type=Path, help="run folder of training.train_localizer")
parser.add_argument("--classifier", type=Path, help="run folder of training.train_classifier")
parser.add_argument("--prepared", type=Path, required=True, help="what training.prepare wrote")
parser.add_argument("--out", type=Path, default=Path("models"))
parser.add_argument("--version", default="1.0.0")
parser.add_argument("--labels", nargs=2, default=["Ugly", "Sexy"], help="lower, upper")
parser.add_argument("--face-threshold", type=float, default=0.5)
parser.add_argument("--detector-size", type=int, help="of its squares, pixels, if not as trained")
parser.add_argument("--least-probability", type=float, default=0.55, help="of a label, else unsure")
parser.add_argument("--least-side", type=int, default=40, help="pixels of a face, else unsure")


def main(arguments: Sequence[str] | None = None) -> None:
    """Export what was asked for, each into its folder of `--out`."""
    options = parser.parse_args(arguments)
    if keras.backend.backend() != "tensorflow":
        sys.exit("Exporting needs Keras on TensorFlow: set KERAS_BACKEND=tensorflow.")
    if options.localizer:
        _export_localizer(options)
    if options.classifier:
        _export_classifier(options)


def _export_localizer(options: argparse.Namespace) -> None:
    model = plain_localizer(options.localizer, size=options.detector_size)
    many = model.name == COMPACT_LOCALIZER
    folder = options.out / (COMPACT_LOCALIZER if many else LOCALIZER)
    save_half_precision(model, folder)
    spec = LocalizerSpec(
        kind="localizer", name=folder.name, architecture=model.name, box_format="rel_xyxy",
        input_size=model.inputs[0].shape[1], threshold=options.face_threshold,
        detection=detection(model.inputs[0].shape[1]) if many else None,
        **_common(options, folder),
    )  # fmt: skip
    write_spec(spec, folder)
    print(f"{folder}: {model.count_params():,} parameters")


def detection(size: int) -> Detection:
    """How the candidates of a detector for squares of `size` pixels become faces."""
    look_again = LookAgain(
        long_side=2 * size - OVERLAP,  # two tiles
        overlap=OVERLAP,
        small_face=SMALL_FACE,
        many_faces=MANY_FACES,
    )
    return Detection(strides=STRIDES, max_iou=MAX_IOU, max_faces=MAX_FACES, look_again=look_again)


def _export_classifier(options: argparse.Namespace) -> None:
    model = plain_classifier(options.classifier)
    train, validation = (read_split(options.prepared, split) for split in ("train", "validation"))
    lower, upper = options.labels
    fitted = model.name == COMPACT_CLASSIFIER  # and calibrated, on training photos
    if not fitted:
        scales, records = score_scales(train.rated), validation.rated
        shares = np.array([target_probability(record, scales, upper) for record in records])
        counts = np.array([record.get("n_ratings") or 1 for record in records])
        calibrate(model, np.asarray(validation.crops), shares, counts)
    folder = options.out / (COMPACT_CLASSIFIER if fitted else CLASSIFIER)
    save_half_precision(model, folder)
    spec = ClassifierSpec(
        kind="classifier", name=folder.name, architecture=model.name,
        input_size=model.inputs[0].shape[1], crop_margin=validation.crop_margin,
        labels=Labels(lower=lower, upper=upper), meaning=MEANING,
        **_rules(options, model, train, validation), **_common(options, folder),
    )  # fmt: skip
    write_spec(spec, folder)
    print(f"{folder}: {model.count_params():,} parameters, cut at {spec.threshold}")


def _rules(
    options: argparse.Namespace, model: keras.Model, train: Split, validation: Split
) -> dict[str, object]:
    """The cut, on faces that nobody rated, and when there is no label."""
    path = options.classifier / "rules.json"
    rules = json.loads(path.read_text("utf-8")) if path.exists() else {}
    not_sure = NotSure(
        least_probability=options.least_probability, least_side=options.least_side,
        least_clear=rules.get("least_clear"),
    )  # fmt: skip
    found = {"not_sure": not_sure, "adult_from_years": rules.get("adult_from_years")}
    ordinary, others = (ordinary_probabilities(model, split) for split in (train, validation))
    if not len(ordinary) or not len(others):
        return {"threshold": 0.5, **found}
    threshold = round(float(np.median(ordinary)), 4)
    cut = Cut(
        faces=ORDINARY, n=len(ordinary), upper_share=round(float((others >= threshold).mean()), 4)
    )
    return {"threshold": threshold, "cut": cut, **found}


def _common(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    files = [
        path for path in sorted(folder.rglob("*")) if path.suffix not in (".json", ".md", ".png")
    ]
    return {
        "version": options.version,
        "pad_color": GREY,
        "resize_filter": "area",
        "libraries": {name: _version(name) for name in LIBRARIES},
        "data_id": data_id(read_split(options.prepared, "train")),
        "git_commit": _git_commit(),
        "sha256": {
            str(path.relative_to(folder)): sha256_of(path) for path in files if path.is_file()
        },
    }


def data_id(split: Split) -> str:
    """A short name for exactly these training photos and labels."""
    return hashlib.sha256(repr(split.records).encode()).hexdigest()[:12]


def _version(library: str) -> str:
    if library == "tensorflow":  # its distribution has another name on some platforms
        import tensorflow as tf

        return str(tf.__version__)
    return version(library)


def _git_commit() -> str:
    found = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"],  # noqa: S607
        capture_output=True, text=True, check=False, cwd=Path(__file__).parent,
    )  # fmt: skip
    return found.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
