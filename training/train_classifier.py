"""Train the original pair's attractiveness classifier: a small CNN on face crops.

    python -m training.train_classifier --prepared data/prepared --run runs/classifier

From nothing, on the faces that people rated or sorted; where the prepared photos hold faces of
known gender, ethnicity and age that nobody rated, the network is kept from favoring an ethnicity on
them. The compact one has its own command, `training.fit_classifier`.

The run's folder is described in `training.fitting.runs`; repeat the command to go on after a cut.
Any Keras backend will do: KERAS_BACKEND=torch is quickest on a CPU.
"""

import argparse
import sys
import time
from pathlib import Path

import keras
import numpy as np

from training.classifier.batches import fair_batches
from training.classifier.metrics import rating_agreement
from training.classifier.original import build_classifier
from training.classifier.targets import score_scales
from training.dataset.draws import Draws
from training.dataset.prepared import read_split
from training.dataset.sizes import INPUT_SIZE
from training.fitting.losses import FairCrossEntropy
from training.fitting.plots import draw_curves
from training.fitting.runs import Run, reseed_dropout, warmup_cosine

WEIGHT_DECAY = 0.02
DROPOUT = 0.4
FAIRNESS = 30.0  # of the squared covariance; a deviation that groups share costs like a misread one

parser = argparse.ArgumentParser(description="Train the original attractiveness classifier.")
parser.add_argument("--prepared", type=Path, required=True, help="what training.prepare wrote")
parser.add_argument("--run", type=Path, required=True, help="the run's folder")
parser.add_argument("--upper", default="Sexy", help="the class folder of the upper category")
parser.add_argument("--mixed-precision", action="store_true", help="bfloat16: CPUs with AVX-512")
parser.add_argument("--epochs", type=int, default=60)
parser.add_argument("--steps", type=int, default=100, help="batches an epoch")
parser.add_argument("--batch-size", type=int, default=64, help="rated faces; as many others")
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
    if (size := validation.crops.shape[1]) != INPUT_SIZE:
        sys.exit(f"{options.prepared}: crops of {size} pixels; this network takes {INPUT_SIZE}")
    scales = score_scales(train.rated)
    draws = Draws(options.batch_size, options.steps, options.seed)
    batches = fair_batches(train, scales, upper=options.upper, size=size, draws=draws)
    model = keras.models.load_model(run.checkpoint_path) if run.history else start(options)
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


def start(options: argparse.Namespace) -> keras.Model:
    """A compiled network with its first weights."""
    model = build_classifier(normalized=True, dropout=DROPOUT)
    optimizer = keras.optimizers.AdamW(
        options.learning_rate, weight_decay=WEIGHT_DECAY, clipnorm=5.0
    )
    model.compile(optimizer, loss={"probability": FairCrossEntropy(FAIRNESS)})
    model.optimizer.build(model.trainable_variables)  # else the first step is traced twice
    return model


if __name__ == "__main__":
    main()
