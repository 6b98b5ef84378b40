"""Train the compact detector: every face of a photo, in one pass.

    python -m training.prepare PHOTOS... --negatives GROUNDS --out data/large \
        --train-size 416 --validation-size 320
    python -m training.train_detector --prepared data/large --run runs/detector \
        --backbone-weights PATH.pth --minutes 60 --processes 8
    python -m training.train_detector --prepared data/large --run runs/again \
        --start-from runs/detector --freeze-trunk --epochs 8 --seed 1

The second command starts from what ImageNet taught MobileNetV2
(`training.detector.mobilenet_weights`) and takes an hour; the third goes on from what the second
one found, with the first layers as they are, which is quick on a processor. Pictures are mosaics
(`training.detector.mosaic`). What is validated and kept as the best is a running mean of the
weights. The run's folder is described in `training.fitting.runs`; repeat the command to go on
after a cut. Any Keras backend will do.
"""

import argparse
import time
from pathlib import Path

import keras
import numpy as np

from inference_api.vision.letterbox import Image
from training.dataset.draws import Draws
from training.dataset.prepared import read_split
from training.detector.batches import DetectorBatches, mosaic_sampler
from training.detector.mobilenet import FROZEN
from training.detector.mobilenet_weights import load_trunk, read_torch_weights
from training.detector.mosaic import P_NO_FACE
from training.detector.network import DETECTOR_IN_TRAINING, build_detector
from training.detector.validation import DetectorValidation, as_predict
from training.fitting.averaged import Averaged
from training.fitting.detection_loss import FaceLoss
from training.fitting.feed import Feed
from training.fitting.loader import Loader, MakeBatch
from training.fitting.plots import draw_curves
from training.fitting.runs import Run, share_cosine

WEIGHT_DECAY = 0.02
VALIDATION_SINGLES = 256  # while it trains; `training.evaluate` measures all
RATE, RATE_FROM_TRAINED = 2e-3, 5e-4  # the learning rate at its peak

parser = argparse.ArgumentParser(description="Train the compact face detector.")
parser.add_argument("--prepared", type=Path, required=True, help="what training.prepare wrote")
parser.add_argument("--run", type=Path, required=True, help="the run's folder")
parser.add_argument("--backbone-weights", type=Path, help="MobileNetV2's .pth to start from")
parser.add_argument("--start-from", type=Path, help="run folder of a detector to go on from")
parser.add_argument("--freeze-trunk", action="store_true", help="keep the layers up to stride 8")
parser.add_argument("--no-face", type=float, default=P_NO_FACE, help="share of cells without one")
length = parser.add_mutually_exclusive_group()
length.add_argument("--epochs", type=int, default=60)
length.add_argument("--minutes", type=float, help="train as long as this instead")
parser.add_argument("--steps", type=int, default=150, help="batches an epoch")
parser.add_argument("--validate-every", type=int, default=1, help="epochs")
parser.add_argument("--batch-size", type=int, default=32)
parser.add_argument("--learning-rate", type=float, help=f"{RATE}, or {RATE_FROM_TRAINED} going on")
parser.add_argument("--processes", type=int, default=0, help="that make pictures; 0: this one")
parser.add_argument("--seed", type=int, default=0)


def main(arguments: list[str] | None = None) -> None:
    """Train, epoch by epoch, from the run's last checkpoint or from the start."""
    options = parser.parse_args(arguments)
    keras.utils.set_random_seed(options.seed)
    run = Run(options.run, options)
    model = keras.models.load_model(run.checkpoint_path) if run.history else start(options)
    train = read_split(options.prepared, "train")
    sampler = mosaic_sampler(train, size=model.inputs[0].shape[1], p_no_face=options.no_face)
    draws = Draws(options.batch_size, options.steps, options.seed)
    batches = DetectorBatches(sampler, draws)
    if not options.processes:
        fit(model, batches, run, options)
        return
    with Loader(batches, steps=options.steps, processes=options.processes) as loader:
        fit(model, loader, run, options)


def fit(model: keras.Model, make: MakeBatch, run: Run, options: argparse.Namespace) -> None:
    """The epochs that are left, each logged and checkpointed."""
    validation = DetectorValidation(
        read_split(options.prepared, "validation"), max_singles=VALIDATION_SINGLES
    )
    averaged = Averaged(options.run, model, epochs=len(run.history))
    mean = keras.models.clone_model(model)
    feed = Feed(make, steps=options.steps)
    peak = options.learning_rate or (RATE_FROM_TRAINED if options.start_from else RATE)
    while (share := share_done(run.history, options)) < 1:
        began, feed.epoch = time.perf_counter(), len(run.history)
        model.optimizer.learning_rate = share_cosine(share, peak=peak)
        fitted = model.fit(
            feed, verbose=2, initial_epoch=feed.epoch, epochs=feed.epoch + 1, shuffle=False
        )
        averaged.update(model)
        row = {name: values[-1] for name, values in fitted.history.items()}
        seconds, score = time.perf_counter() - began, None
        done = share_done([*run.history, row | {"seconds": seconds}], options)
        if done >= 1 or (feed.epoch + 1) % options.validate_every == 0:
            mean.set_weights(averaged.weights)
            figures = validation.measure(as_predict(lambda images: named_outputs(mean, images)))
            row |= {f"val_{name}": value for name, value in figures.items()}
            score = row["val_crowd_ap"] + row["val_single_mean_iou"]
            seconds = time.perf_counter() - began
        run.record(model, row | {"seconds": seconds}, score=score, measured=mean)
        averaged.forget_earlier()
        draw_curves(run.history, options.run / "curves.png")


def share_done(history: list[dict[str, float]], options: argparse.Namespace) -> float:
    """How much of the training is over, 0-1: by the clock, or by epochs.

    By the clock it is over when another epoch would end later than asked for.
    """
    if options.minutes is None:
        return float(len(history) / options.epochs)
    taken = [row["seconds"] for row in history]
    budget: float = 60 * options.minutes
    return 1.0 if taken and sum(taken) + min(taken) > budget else sum(taken) / budget


def start(options: argparse.Namespace) -> keras.Model:
    """The detector with its first weights, its two outputs joined for the loss."""
    detector = build_detector()
    if options.backbone_weights:
        load_trunk(detector, read_torch_weights(options.backbone_weights))
    joined = keras.layers.Concatenate(name="candidates")(
        [detector.output["box_rel_xyxy"], detector.output["face_probability"]]
    )
    model = keras.Model(detector.input, joined, name=DETECTOR_IN_TRAINING)
    if options.start_from:
        trained = keras.models.load_model(options.start_from / "best.keras", compile=False)
        model.set_weights(trained.get_weights())
    if options.freeze_trunk:
        for layer in model.layers:
            layer.trainable = not layer.name.startswith(FROZEN)
    rate = options.learning_rate or RATE
    optimizer = keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY, clipnorm=10.0)
    model.compile(optimizer, loss=FaceLoss(model.inputs[0].shape[1]))
    model.optimizer.build(model.trainable_variables)  # else the first step is traced twice
    return model


def named_outputs(model: keras.Model, images: Image) -> dict[str, np.ndarray]:
    """The joined candidates (N, K, 5) as the outputs that are released."""
    said = np.asarray(model.predict_on_batch({"image": images}))
    return {"box_rel_xyxy": said[..., :4], "face_probability": said[..., 4:]}


if __name__ == "__main__":
    main()
