"""Train the compact detector: every face of a photo, in one pass, from nothing.

    python -m training.prepare PHOTOS... --out data/large --train-size 416 --validation-size 288
    python -m training.train_detector --prepared data/large --run runs/detector
    python -m training.train_detector --prepared data/large --run runs/again \
        --start-from runs/detector --no-face 0.25 --epochs 8 --learning-rate 5e-4 --seed 1

The second command goes on from what the first one found, with more photos without a face.
Pictures are mosaics (`training.detector.mosaic`). The run's folder is described in
`training.fitting.runs`; repeat the command to go on after a cut. Any Keras backend will do:
KERAS_BACKEND=tensorflow is quickest on a CPU.
"""

import argparse
import time
from pathlib import Path

import keras
import numpy as np

from inference_api.vision.letterbox import Image
from training.dataset.draws import Draws
from training.dataset.kinds import CUT_TO_FACE
from training.dataset.prepared import read_split
from training.detector.batches import DetectorBatches, mosaic_sampler
from training.detector.mosaic import P_NO_FACE
from training.detector.network import DETECTOR_IN_TRAINING, build_detector
from training.detector.validation import DetectorValidation, as_predict
from training.fitting.losses import DetectionLoss
from training.fitting.plots import draw_curves
from training.fitting.runs import Run, warmup_cosine

WEIGHT_DECAY = 1e-3
VALIDATION_SINGLES = 256  # in every epoch; `training.evaluate` measures all

parser = argparse.ArgumentParser(description="Train the compact face detector.")
parser.add_argument("--prepared", type=Path, required=True, help="what training.prepare wrote")
parser.add_argument("--run", type=Path, required=True, help="the run's folder")
parser.add_argument("--start-from", type=Path, help="run folder of a detector to go on from")
parser.add_argument("--no-face", type=float, default=P_NO_FACE, help="share of cells without one")
parser.add_argument("--epochs", type=int, default=60)
parser.add_argument("--steps", type=int, default=150, help="batches an epoch")
parser.add_argument("--batch-size", type=int, default=32)
parser.add_argument("--learning-rate", type=float, default=2e-3)
parser.add_argument("--seed", type=int, default=0)


def main(arguments: list[str] | None = None) -> None:
    """Train, epoch by epoch, from the run's last checkpoint or from the start."""
    options = parser.parse_args(arguments)
    keras.utils.set_random_seed(options.seed)
    run = Run(options.run, options)
    validation = DetectorValidation(
        read_split(options.prepared, "validation"), without=CUT_TO_FACE, at_most=VALIDATION_SINGLES
    )
    train = read_split(options.prepared, "train")
    model = keras.models.load_model(run.checkpoint_path) if run.history else start(options)
    sampler = mosaic_sampler(train, size=model.inputs[0].shape[1], p_no_face=options.no_face)
    draws = Draws(options.batch_size, options.steps, options.seed)
    batches = DetectorBatches(sampler, draws)

    for epoch in range(len(run.history), options.epochs):
        began = time.perf_counter()
        batches.epoch = epoch
        rate = warmup_cosine(epoch, epochs=options.epochs, peak=options.learning_rate)
        model.optimizer.learning_rate = rate
        fitted = model.fit(batches, verbose=2, initial_epoch=epoch, epochs=epoch + 1, shuffle=False)
        row = {name: values[-1] for name, values in fitted.history.items()}
        figures = validation.measure(as_predict(lambda images: named_outputs(model, images)))
        row |= {f"val_{name}": value for name, value in figures.items()}
        row |= {"seconds": time.perf_counter() - began}
        run.record(model, row, score=row["val_crowd_ap"] + row["val_single_mean_iou"])
        draw_curves(run.history, options.run / "curves.png")


def start(options: argparse.Namespace) -> keras.Model:
    """The detector with its first weights, its two outputs joined for the loss."""
    detector = build_detector()
    joined = keras.layers.Concatenate(name="candidates")(
        [detector.output["box_rel_xyxy"], detector.output["face_probability"]]
    )
    model = keras.Model(detector.input, joined, name=DETECTOR_IN_TRAINING)
    if options.start_from:
        trained = keras.models.load_model(options.start_from / "best.keras", compile=False)
        model.set_weights(trained.get_weights())
    optimizer = keras.optimizers.AdamW(
        options.learning_rate, weight_decay=WEIGHT_DECAY, clipnorm=10.0
    )
    model.compile(optimizer, loss=DetectionLoss())
    model.optimizer.build(model.trainable_variables)  # else the first step is traced twice
    return model


def named_outputs(model: keras.Model, images: Image) -> dict[str, np.ndarray]:
    """The joined candidates (N, K, 5) as the outputs that are released."""
    said = np.asarray(model.predict_on_batch({"image": images}))
    return {"box_rel_xyxy": said[..., :4], "face_probability": said[..., 4:]}


if __name__ == "__main__":
    main()
