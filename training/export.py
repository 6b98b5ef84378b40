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
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression

from inference_api.vision.letterbox import GREY
from inference_api.vision.spec import (
    ClassifierSpec,
    Detection,
    Labels,
    LocalizerSpec,
    sha256_of,
    write_spec,
)
from training.architectures import VGG16_CHANNELS, build_classifier, build_localizer
from training.compact_classifier import build_compact_classifier
from training.compact_detector import STRIDES, build_detector
from training.data import Split, read_split
from training.detector_validation import MAX_IOU
from training.grow import fold_batch_normalization, widen
from training.saved_model import save_half_precision
from training.targets import is_upper, score_scales
from training.train_detector import DETECTOR_IN_TRAINING

LOCALIZER, CLASSIFIER = "face_localizer", "attractiveness_classifier"
COMPACT_LOCALIZER, COMPACT_CLASSIFIER = "compact_detector", "compact_classifier"
DETECTION = Detection(strides=STRIDES, max_iou=MAX_IOU, max_faces=100)
FEWEST_TO_CALIBRATE = 50  # photos; fewer say more about themselves than about the network
LIBRARIES = ("keras", "tensorflow", "numpy")

parser = argparse.ArgumentParser(description="Export trained networks as artifacts.")
parser.add_argument("--localizer", type=Path, help="run folder of training.train_localizer")
parser.add_argument("--classifier", type=Path, help="run folder of training.train_classifier")
parser.add_argument("--prepared", type=Path, required=True, help="what training.prepare wrote")
parser.add_argument("--out", type=Path, default=Path("models"))
parser.add_argument("--version", default="1.0.0")
parser.add_argument("--labels", nargs=2, default=["Ugly", "Sexy"], help="lower, upper")
parser.add_argument("--face-threshold", type=float, default=0.5)


def main(arguments: Sequence[str] | None = None) -> None:
    """Export what was asked for, each into its folder of `--out`."""
    options = parser.parse_args(arguments)
    if keras.backend.backend() != "tensorflow":
        sys.exit("Exporting needs Keras on TensorFlow: set KERAS_BACKEND=tensorflow.")
    if options.localizer:
        _export_localizer(options)
    if options.classifier:
        _export_classifier(options)


def plain_localizer(run: Path) -> keras.Model:
    """The run's best network without normalization; a VGG16 is grown if it is narrow."""
    trained = keras.models.load_model(run / "best.keras", compile=False)
    if trained.name == DETECTOR_IN_TRAINING:
        detector = build_detector(size=trained.inputs[0].shape[1], normalized=False)
        fold_batch_normalization(trained, detector)
        return detector
    blocks = range(1, len(VGG16_CHANNELS) + 1)
    channels = tuple(trained.get_layer(f"block{block}_conv1").kernel.shape[-1] for block in blocks)
    plain = build_localizer(channels=channels)
    fold_batch_normalization(trained, plain)
    if channels == VGG16_CHANNELS:
        return plain
    vgg16 = build_localizer()
    widen(plain, vgg16, noise=0, seed=0)
    return vgg16


def plain_classifier(run: Path) -> keras.Model:
    """The run's best network without dropout and what only training needs."""
    trained = keras.models.load_model(run / "best.keras", compile=False)
    plain = build_classifier()
    if trained.name == COMPACT_CLASSIFIER:
        size, panels = trained.inputs[0].shape[1], trained.output["panel"].shape[1]
        plain = build_compact_classifier(size=size, panels=panels)
    fold_batch_normalization(trained, plain)
    return plain


def calibrate(model: keras.Model, crops: np.ndarray, outcomes: np.ndarray) -> None:
    """Make the probabilities true on `crops`: Platt's scaling, put into the last layer.

    outcomes: bool (N,), in the upper category or not. A slope and an offset of the logit are
    fitted by logistic regression (Platt 1999) and multiplied into kernel and bias, so the
    architecture stays what it was. Too few photos leave the network as it is.
    """
    if len(crops) < FEWEST_TO_CALIBRATE or outcomes.all() or not outcomes.any():
        print(f"not calibrated: {len(crops)} rated validation photos are too few")
        return
    probability = model.predict({"image": crops}, verbose=0)["probability"].astype(np.float64)
    probability = probability.clip(1e-7, 1 - 1e-7)
    fitted = LogisticRegression(C=1e3).fit(np.log(probability / (1 - probability)), outcomes)
    slope, offset = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    layer = model.get_layer("probability")
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel * slope, bias * slope + offset])
    print(f"calibrated on {len(crops)} photos: logit x {slope:.3f} + {offset:.3f}")


def _export_localizer(options: argparse.Namespace) -> None:
    model = plain_localizer(options.localizer)
    many = model.name == COMPACT_LOCALIZER
    folder = options.out / (COMPACT_LOCALIZER if many else LOCALIZER)
    save_half_precision(model, folder)
    spec = LocalizerSpec(
        kind="localizer", name=folder.name, architecture=model.name, box_format="rel_xyxy",
        input_size=model.inputs[0].shape[1], threshold=options.face_threshold,
        detection=DETECTION if many else None,
        **_common(options, folder),
    )  # fmt: skip
    write_spec(spec, folder)
    print(f"{folder}: {model.count_params():,} parameters")


def _export_classifier(options: argparse.Namespace) -> None:
    model = plain_classifier(options.classifier)
    validation = read_split(options.prepared, "validation")
    scales = score_scales(read_split(options.prepared, "train").rated)
    upper = options.labels[1]
    outcomes = np.array([is_upper(record, scales, upper) for record in validation.rated])
    calibrate(model, np.asarray(validation.crops), outcomes)
    folder = options.out / (COMPACT_CLASSIFIER if model.name == COMPACT_CLASSIFIER else CLASSIFIER)
    save_half_precision(model, folder)
    spec = ClassifierSpec(
        kind="classifier", name=folder.name, architecture=model.name,
        input_size=model.inputs[0].shape[1], crop_margin=validation.crop_margin, threshold=0.5,
        labels=Labels(lower=options.labels[0], upper=upper),
        **_common(options, folder),
    )  # fmt: skip
    write_spec(spec, folder)
    print(f"{folder}: {model.count_params():,} parameters")


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
