"""Train the face localizer: VGG16 with a face branch and a box branch.

    python -m training.train_localizer --prepared data/prepared --run runs/narrow --narrow
    python -m training.train_localizer --prepared data/prepared --run runs/localizer \
        --start-from runs/narrow

The first command trains a narrow VGG16 with batch normalization, the second grows it to the
real one and trains on; with ImageNet weights at hand, `--backbone-weights imagenet` starts the
real one directly. The run's folder is described in `training.runs`; repeat the command to go on
after a cut. Any Keras backend will do: KERAS_BACKEND=torch is quickest on a CPU.
"""

import argparse
import sys
import time
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from training.architectures import INPUT_SIZE, NARROW_CHANNELS, build_localizer
from training.backbones import load_backbone
from training.data import Draws, LocalizerBatches, Split, face_sampler, read_split
from training.grow import fold_batch_normalization, widen
from training.losses import BoxLoss
from training.metrics import localization, rowwise_iou
from training.pasted import paste_into_negatives
from training.plots import draw_contact_sheet, draw_curves
from training.runs import Run, warmup_cosine

WEIGHT_DECAY = 1e-4
NORMALIZED_BLOCKS = (3, 4, 5)  # of the narrow network; on 120 and 60 pixels it costs too much
GROW_NOISE = 0.05  # of each kernel's deviation: enough for copies to part, too little to hurt
VALIDATION_PHOTOS = 256  # of each kind in every epoch; `training.evaluate` measures all
LOOSE_BOXES = frozenset({"roboflow_ns18", "mask_eden"})  # people drew these by other rules
NOT_VALIDATED = LOOSE_BOXES | {"scut_fbp5500", "fairface_val"}  # cut to the face beforehand

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
    """Train, epoch by epoch, from the run's last checkpoint or from the start."""
    options = parser.parse_args(arguments)
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


class ValidationPhotos:
    """Photos with one face, the same pasted small into negatives, and negatives."""

    def __init__(self, split: Split, *, seed: int) -> None:
        rng = np.random.default_rng(seed)
        singles = _some(split.rows(faces=1, without=NOT_VALIDATED), rng)
        negatives = _some(split.rows(faces=0), rng)
        if not len(singles) or not len(negatives):
            sys.exit("The validation split needs photos with one face and photos with none.")
        pasted, pasted_boxes = paste_into_negatives(split, singles, seed=seed)
        self.n_singles, self.n_negatives = len(singles), len(negatives)
        self.images = np.concatenate([split.photos[singles], pasted, split.photos[negatives]])
        self.boxes = np.concatenate([split.boxes_rel_xyxy[singles], pasted_boxes])

    def predict(self, model: keras.Model) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Images, true boxes (zeros for a negative), predicted boxes, face probabilities (N,)."""
        predicted = model.predict({"image": self.images}, batch_size=64, verbose=0)
        true = np.concatenate([self.boxes, np.zeros((self.n_negatives, 4), np.float32)])
        return self.images, true, predicted["box_rel_xyxy"], predicted["face_probability"][:, 0]

    def measure(self, model: keras.Model) -> dict[str, float]:
        """`val_…` of whole photos and negatives, `val_pasted_…` of the pasted ones."""
        _, true, boxes, probability = self.predict(model)
        ious, n = rowwise_iou(boxes, true), self.n_singles
        whole = np.r_[0:n, 2 * n : len(ious)]
        figures: dict[str, float] = {}
        for name, rows in (("val", whole), ("val_pasted", np.arange(n, 2 * n))):
            result = localization(
                is_face=rows < 2 * n, face_probability=probability[rows], ious=ious[rows]
            )
            figures |= {f"{name}_{figure}": value for figure, value in asdict(result).items()}
        return figures


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


def _some(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(rows, min(VALIDATION_PHOTOS, len(rows)), replace=False)


if __name__ == "__main__":
    main()
