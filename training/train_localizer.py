"""Train the face localizer: VGG16 with a face branch and a box branch.

    python -m training.train_localizer --prepared data/prepared --run runs/narrow --narrow
    python -m training.train_localizer --prepared data/prepared --run runs/localizer \
        --start-from runs/narrow

The first command trains a narrow VGG16 with batch normalization, the second grows it to the
real one and trains on; with ImageNet weights at hand, `--backbone-weights imagenet` starts the
real one directly. The run's folder is described in `training.fitting.runs`; repeat the command
to go on after a cut. Any Keras backend will do: KERAS_BACKEND=torch is quickest on a CPU.
"""

import argparse
import sys
import time
from pathlib import Path

import keras

from training.dataset.draws import Draws
from training.dataset.errors import UnfitDataError
from training.dataset.kinds import LOOSE_BOXES
from training.dataset.prepared import read_split
from training.dataset.sizes import INPUT_SIZE
from training.fitting.backbones import load_backbone
from training.fitting.grow import fold_batch_normalization, widen
from training.fitting.losses import BoxLoss
from training.fitting.plots import draw_contact_sheet, draw_curves
from training.fitting.runs import Run, warmup_cosine
from training.localizer.batches import LocalizerBatches, face_sampler
from training.localizer.network import NARROW_CHANNELS, build_localizer
from training.localizer.validation import ValidationPhotos

WEIGHT_DECAY = 1e-4
NORMALIZED_BLOCKS = (3, 4, 5)  # of the narrow network; on 120 and 60 pixels it costs too much
GROW_NOISE = 0.05  # of each kernel's deviation: enough for copies to part, too little to hurt

parser = argparse.ArgumentParser(description="Train the face localizer.")
parser.add_argument("--prepared", type=Path, required=True, help="what training.prepare wrote")
parser.add_argument("--run", type=Path, required=True, help="the run's folder")
parser.add_argument("--narrow", action="store_true", help="train the network that is then grown")
parser.add_argument("--start-from", type=Path, help="run folder of a narrow network to go on from")
parser.add_argument("--backbone-weights", default="none", help="imagenet, PATH.npz or none")
parser.add_argument("--frozen-blocks", type=int, default=0, help="of the trunk, from the input")
parser.add_argument("--augmentation", choices=["default", "original"], default="default")
parser.add_argument("--epochs", type=int, default=30)
parser.add_argument("--steps", type=int, default=100, help="batches an epoch")
parser.add_argument("--batch-size", type=int, default=32)
parser.add_argument("--learning-rate", type=float, default=1e-3)
parser.add_argument("--seed", type=int, default=0)


def main(arguments: list[str] | None = None) -> None:
    """Train as the arguments say, or say what the photos lack."""
    try:
        train(parser.parse_args(arguments))
    except UnfitDataError as error:
        sys.exit(str(error))


def train(options: argparse.Namespace) -> None:
    """Train, epoch by epoch, from the run's last checkpoint or from the start."""
    keras.utils.set_random_seed(options.seed)
    run = Run(options.run, options)
    validation = ValidationPhotos(read_split(options.prepared, "validation"), seed=options.seed)
    sampler, weights = face_sampler(
        read_split(options.prepared, "train"),
        size=INPUT_SIZE, without=LOOSE_BOXES, augmentation=options.augmentation,
    )  # fmt: skip
    draws = Draws(options.batch_size, options.steps, options.seed)
    batches = LocalizerBatches(sampler, weights, draws)
    model = keras.models.load_model(run.checkpoint_path) if run.history else start(options)
    model.summary(line_length=100)

    for epoch in range(len(run.history), options.epochs):
        began = time.perf_counter()
        batches.epoch = epoch
        rate = warmup_cosine(epoch, epochs=options.epochs, peak=options.learning_rate)
        model.optimizer.learning_rate = rate
        fitted = model.fit(batches, initial_epoch=epoch, epochs=epoch + 1, shuffle=False)
        row = {name: values[-1] for name, values in fitted.history.items()}
        row |= validation.measure(model)
        row |= {"seconds": time.perf_counter() - began}
        run.record(model, row, score=row["val_mean_iou"] + row["val_pasted_recall"])
        draw_curves(run.history, options.run / "curves.png")

    best = keras.models.load_model(run.best_path, compile=False)
    draw_contact_sheet(*validation.predict(best), options.run / "contact_sheet.png")


def start(options: argparse.Namespace) -> keras.Model:
    """A compiled network with its first weights: grown, pretrained or random."""
    if options.narrow:
        model = build_localizer(channels=NARROW_CHANNELS, normalized_blocks=NORMALIZED_BLOCKS)
    else:
        model = build_localizer()
    if options.start_from:
        trained = keras.models.load_model(options.start_from / "best.keras", compile=False)
        if options.narrow:
            model.set_weights(trained.get_weights())
        else:
            plain = build_localizer(channels=NARROW_CHANNELS)
            fold_batch_normalization(trained, plain)
            widen(plain, model, noise=GROW_NOISE, seed=options.seed)
    filled = load_backbone(model, options.backbone_weights)
    print(f"{len(filled)} layers of the trunk start from {options.backbone_weights}")
    frozen = tuple(f"block{block}_" for block in range(1, options.frozen_blocks + 1))
    for layer in model.layers:
        layer.trainable = not (frozen and layer.name.startswith(frozen))
    model.compile(
        keras.optimizers.AdamW(options.learning_rate, weight_decay=WEIGHT_DECAY, clipnorm=5.0),
        loss={"face_probability": "binary_crossentropy", "box_rel_xyxy": BoxLoss()},
    )
    model.optimizer.build(model.trainable_variables)  # else the first step is traced twice
    return model


if __name__ == "__main__":
    main()
