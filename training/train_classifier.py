"""Train the attractiveness classifier: a small CNN on face crops.

    python -m training.train_classifier --prepared data/prepared --run runs/classifier
    python -m training.train_classifier --prepared data/prepared --run runs/compact --compact \
        --backbone-weights PATH.npz --mixed-precision --faces data/faces --teacher data/teacher.npz

The first command trains the original network from nothing. The second trains the compact one:
from ImageNet weights of its own width (`training.backbones`), on rated faces and on others
(`training.prepare --every-face`), whose descriptions by a face recognition network
(`training.teacher`) it learns beside the ratings (Hinton et al. 2015, arXiv:1503.02531).

The run's folder is described in `training.runs`; repeat the command to go on after a cut. Any
Keras backend will do: KERAS_BACKEND=torch is quickest on a CPU.
"""

import argparse
import time
from pathlib import Path

import keras
import numpy as np

from training.architectures import build_classifier
from training.backbones import load_backbone
from training.classifier_data import ClassifierBatches, described_batches, rated_batches
from training.compact import build_compact_classifier
from training.data import Draws, read_split
from training.metrics import rating_agreement
from training.plots import draw_curves
from training.runs import Run, reseed_dropout, warmup_cosine
from training.targets import score_scales

WEIGHT_DECAY = 0.02
DROPOUT = 0.4

parser = argparse.ArgumentParser(description="Train the attractiveness classifier.")
parser.add_argument("--prepared", type=Path, required=True, help="what training.prepare wrote")
parser.add_argument("--run", type=Path, required=True, help="the run's folder")
parser.add_argument("--upper", default="Sexy", help="the class folder of the upper category")
parser.add_argument("--compact", action="store_true", help="the compact pair's network")
parser.add_argument("--backbone-weights", default="none", help="imagenet, PATH.npz or none")
parser.add_argument("--faces", type=Path, help="training.prepare --every-face, for --teacher")
parser.add_argument("--teacher", type=Path, help="what training.teacher wrote")
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
    batches = rated_batches(train, scales, upper=options.upper, draws=draws)
    if options.teacher:
        faces = read_split(options.faces, "train")
        batches = described_batches(batches, [train, faces], options.teacher)
    model = keras.models.load_model(run.checkpoint_path) if run.history else start(options, batches)
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


def start(options: argparse.Namespace, batches: ClassifierBatches) -> keras.Model:
    """A compiled network with its first weights, regularized for training."""
    if options.compact:
        described = batches.targets.get("description", np.zeros((0, 0)))
        model = build_compact_classifier(
            normalized=True, dropout=DROPOUT, description=described.shape[1]
        )
    else:
        model = build_classifier(normalized=True, dropout=DROPOUT)
    filled = load_backbone(model, options.backbone_weights)
    print(f"{len(filled)} layers start from {options.backbone_weights}")
    optimizer = keras.optimizers.AdamW(
        options.learning_rate, weight_decay=WEIGHT_DECAY, clipnorm=5.0
    )
    losses = {"probability": "binary_crossentropy", "description": "mean_squared_error"}
    model.compile(optimizer, loss={name: losses[name] for name in model.output})
    return model


if __name__ == "__main__":
    main()
