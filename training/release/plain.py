"""Trained networks without what only helps training, and with probabilities that are true."""

from pathlib import Path

import keras
import numpy as np

from training.classifier.calibration import platt
from training.classifier.original import build_classifier
from training.detector.network import DETECTOR_IN_TRAINING, build_detector
from training.fitting.grow import fold_batch_normalization, widen
from training.localizer.network import VGG16_CHANNELS, build_localizer
from training.release.names import COMPACT_CLASSIFIER

FEWEST_TO_CALIBRATE = 50  # photos; fewer say more about themselves than about the network


def plain_localizer(run: Path, *, size: int | None = None) -> keras.Model:
    """The run's best network without normalization; a VGG16 is grown if it is narrow.

    size: of a detector's squares, pixels, if not the one that it was trained on.
    """
    trained = keras.models.load_model(run / "best.keras", compile=False)
    if trained.name == DETECTOR_IN_TRAINING:
        detector = build_detector(size=size or trained.inputs[0].shape[1], normalized=False)
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
    if trained.name == COMPACT_CLASSIFIER:
        return trained  # its heads were fitted in closed form
    plain = build_classifier()
    fold_batch_normalization(trained, plain)
    return plain


def calibrate(
    model: keras.Model, crops: np.ndarray, shares: np.ndarray, counts: np.ndarray | None = None
) -> None:
    """Make the probabilities true on `crops`: Platt's scaling, put into the last layer.

    shares: of `counts` ratings (one each if left out) those in the upper category, (N,). A slope
    and an offset of the logit are fitted by logistic regression (Platt 1999) and multiplied into
    kernel and bias, so the architecture stays what it was. Too few photos leave the network as it
    is.
    """
    shares = np.asarray(shares, np.float64)
    counts = np.ones(len(shares)) if counts is None else counts
    if len(crops) < FEWEST_TO_CALIBRATE or np.ptp(shares) == 0:
        print(f"not calibrated: {len(crops)} rated validation photos are too few")
        return
    probability = model.predict({"image": crops}, verbose=0)["probability"].astype(np.float64)
    probability = probability[:, 0].clip(1e-7, 1 - 1e-7)
    slope, offset = platt(np.log(probability / (1 - probability)), shares, counts)
    layer = model.get_layer("probability")
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel * slope, bias * slope + offset])
    print(f"calibrated on {len(crops)} photos: logit x {slope:.3f} + {offset:.3f}")
