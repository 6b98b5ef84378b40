"""Train the attractiveness classifier: a small CNN on face crops.

    python -m training.train_classifier --prepared data/prepared --run runs/classifier
    python -m training.train_classifier --prepared data/prepared --run runs/compact --compact \
        --backbone-weights PATH.dat --frozen-stages 4 --mixed-precision --epochs 20

The first command trains the original network from nothing. The second trains the compact one,
on crops prepared at its own size and margin (`training.prepare --crop-size 150 --crop-margin 0`),
from the weights of a face recognition network (`training.classifier.dlib_weights`), which stay as
they are: trained further, they learned the few thousand rated photos by heart.

The run's folder is described in `training.fitting.runs`; repeat the command to go on after a cut.
Any Keras backend will do: KERAS_BACKEND=torch is quickest on a CPU.
"""

import argparse
import sys
import time
from pathlib import Path

import keras
import numpy as np

from training.classifier.batches import panel_targets, probability_targets, rated_batches
from training.classifier.compact import build_compact_classifier
from training.classifier.metrics import rating_agreement
from training.classifier.original import build_classifier
from training.classifier.targets import score_scales
from training.dataset.draws import Draws
from training.dataset.prepared import read_split
from training.dataset.sizes import INPUT_SIZE
from training.fitting.backbones import load_backbone
from training.fitting.losses import OpinionLoss
from training.fitting.plots import draw_curves
from training.fitting.runs import Run, reseed_dropout, warmup_cosine

WEIGHT_DECAY = 0.02
DROPOUT = 0.4
# The compact one starts from more knowledge than a few thousand photos can check.
COMPACT_WEIGHT_DECAY = 1.0
COMPACT_DROPOUT = 0.5
LOSSES = {
    "probability": "binary_crossentropy",
    "opinions": OpinionLoss(),
    "panel": "kl_divergence",  # the cross-entropy, but content with a single panel
}
LOSS_WEIGHTS = {"probability": 1.0, "opinions": 1.0, "panel": 0.5}

parser = argparse.ArgumentParser(description="Train the attractiveness classifier.")
parser.add_argument("--prepared", type=Path, required=True, help="what training.prepare wrote")
parser.add_argument("--run", type=Path, required=True, help="the run's folder")
parser.add_argument("--upper", default="Sexy", help="the class folder of the upper category")
parser.add_argument("--compact", action="store_true", help="the compact pair's network")
parser.add_argument("--backbone-weights", default="none", help="dlib's PATH.dat, or none")
parser.add_argument("--frozen-stages", type=int, default=0, help="of the compact network, 0-4")
parser.add_argument("--mixed-precision", action="store_true", help="bfloat16: CPUs with AVX-512")
parser.add_argument("--epochs", type=int, default=60)
parser.add_argument("--steps", type=int, default=100, help="batches an epoch")
parser.add_argument("--batch-size", type=int, default=64)
parser.add_argument("--learning-rate", type=float, default=1e-3)
parser.add_argument("--seed", type=int, default=0)


def main(arguments: list[str] | None = None) -> None:
    """Train, epoch by epoch, from the run's last checkpoint or from the start."""
    options = parser.parse_args(arguments)
    keras.utils.set_random_seed(options.seed)
    if options.mixed_precision:
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    run = Run(options.run, options)
    train, validation = (read_split(options.prepared, split) for split in ("train", "validation"))
    scales = score_scales(train.rated)
    draws = Draws(options.batch_size, options.steps, options.seed)
    size = validation.crops.shape[1]
    panels = sorted({record["dataset"] for record in train.rated})
    targets = probability_targets(train, scales, upper=options.upper)
    if options.compact:
        targets |= panel_targets(train, targets["probability"], panels)
    batches = rated_batches(train, targets, size=size, draws=draws)
    model = (
        keras.models.load_model(run.checkpoint_path)
        if run.history
        else start(options, size, n_panels=len(panels))
    )
    model.summary(line_length=100)

    for epoch in range(len(run.history), options.epochs):
        began = time.perf_counter()
        batches.epoch = epoch
        reseed_dropout(model, seed=options.seed, epoch=epoch)
        rate = warmup_cosine(epoch, epochs=options.epochs, peak=options.learning_rate)
        model.optimizer.learning_rate = rate
        fitted = model.fit(batches, initial_epoch=epoch, epochs=epoch + 1, shuffle=False, verbose=2)
        predicted = model.predict({"image": validation.crops}, batch_size=256, verbose=0)
        figures = rating_agreement(
            validation.rated, np.asarray(predicted["probability"])[:, 0], scales, options.upper
        )
        row = {"loss": fitted.history["loss"][-1]}
        row |= {f"val_{name}": value for name, value in figures.items()}
        row |= {"seconds": time.perf_counter() - began}
        run.record(model, row, score=float(np.mean(list(figures.values()) or [-row["loss"]])))
        draw_curves(run.history, options.run / "curves.png")


def start(options: argparse.Namespace, size: int, *, n_panels: int) -> keras.Model:
    """A compiled network with its first weights, for crops of `size` pixels.

    Leaves with a message when the network does not take such crops.
    """
    if options.compact:
        model = build_compact_classifier(
            size=size, panels=n_panels, in_training=True, dropout=COMPACT_DROPOUT,
            frozen_stages=options.frozen_stages,
        )  # fmt: skip
    elif size == INPUT_SIZE:
        model = build_classifier(normalized=True, dropout=DROPOUT)
    else:
        sys.exit(f"{options.prepared}: crops of {size} pixels; this network takes {INPUT_SIZE}")
    filled = load_backbone(model, options.backbone_weights)
    print(f"{len(filled)} layers start from {options.backbone_weights}")
    decay = COMPACT_WEIGHT_DECAY if options.compact else WEIGHT_DECAY
    optimizer = keras.optimizers.AdamW(options.learning_rate, weight_decay=decay, clipnorm=5.0)
    losses = {name: LOSSES[name] for name in model.output}
    model.compile(
        optimizer, loss=losses, loss_weights={name: LOSS_WEIGHTS[name] for name in losses}
    )
    model.optimizer.build(model.trainable_variables)  # else the first step is traced twice
    return model


if __name__ == "__main__":
    main()
