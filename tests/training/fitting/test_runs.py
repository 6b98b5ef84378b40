"""A run folder keeps what is needed to go on, and the best network."""

import json
from argparse import Namespace

import keras
import numpy as np
import pytest

from inference_api.vision.images import decode
from training.fitting.plots import draw_contact_sheet, draw_curves
from training.fitting.runs import Run, share_cosine, warmup_cosine


def network(weight):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.array([[weight]], np.float32)])
    return model


def weight_in(path):
    return float(keras.models.load_model(path).get_weights()[0][0, 0])


@pytest.fixture
def options():
    return Namespace(epochs=3, seed=7)


def test_a_new_run_says_what_was_asked_for(tmp_path, options):
    run = Run(tmp_path / "a" / "run", options)

    config = json.loads((tmp_path / "a/run/config.json").read_text())
    assert config == {
        "epochs": "3", "seed": "7", "keras": keras.version(),
        "backend": keras.backend.backend(),
    }  # fmt: skip
    assert run.history == []


@pytest.mark.parametrize(
    ("scores", "best"), [([1.0], 0), ([1.0, 2.0], 1), ([2.0, 1.0], 0), ([1.0, 3.0, 2.0], 1)]
)
def test_the_last_and_the_best_network_are_kept(tmp_path, options, scores, best):
    run = Run(tmp_path, options)
    for epoch, score in enumerate(scores):
        run.record(network(epoch), {"loss": 1 / (epoch + 1)}, score=score)

    assert weight_in(run.checkpoint_path) == len(scores) - 1
    assert weight_in(run.best_path) == best
    again = Run(tmp_path, options)
    assert again.history == run.history
    assert [row["epoch"] for row in again.history] == list(range(len(scores)))


def test_a_run_that_goes_on_still_knows_its_best(tmp_path, options):
    Run(tmp_path, options).record(network(0), {}, score=5.0)
    Run(tmp_path, options).record(network(1), {}, score=4.0)

    assert weight_in(tmp_path / "best.keras") == 0
    assert weight_in(tmp_path / "checkpoint.keras") == 1


def test_the_rate_rises_for_two_epochs_and_falls_to_a_hundredth():
    rates = [warmup_cosine(epoch, epochs=12, peak=3.0) for epoch in range(13)]

    assert rates[:3] == pytest.approx([1, 2, 3])
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert rates[7] == pytest.approx(3 * (0.01 + 0.99 / 2))
    assert rates[12] == pytest.approx(0.03)


def size_wh(png):
    header = png.read_bytes()[:24]
    assert header.startswith(b"\x89PNG")
    return tuple(int.from_bytes(header[i : i + 4], "big") for i in (16, 20))


@pytest.mark.parametrize("epochs", [1, 3])
def test_curves_are_drawn_from_the_first_epoch_on(tmp_path, epochs):
    history = [
        {"epoch": epoch, "loss": 1.0, "val_mean_iou": float("nan"), "score": 1, "seconds": 2}
        for epoch in range(epochs)
    ]

    draw_curves(history, tmp_path / "curves.png")

    assert min(size_wh(tmp_path / "curves.png")) > 100


@pytest.mark.parametrize("n", [1, 13])
def test_the_contact_sheet_shows_the_photos_with_both_boxes(tmp_path, n):
    images = np.full((n, 24, 24, 3), 255, np.uint8)
    boxes = np.tile(np.array([0.2, 0.2, 0.6, 0.6], np.float32), (n, 1))
    sheets = []
    for probability in (0.9, 0.1):  # called a face, or not: then without the predicted box
        path = tmp_path / f"{probability}.png"
        draw_contact_sheet(images, boxes, boxes / 2, np.full(n, probability), path)
        sheets.append(path)

    assert size_wh(sheets[0]) == size_wh(sheets[1])
    assert reddish(sheets[0]) > 10 * n
    assert reddish(sheets[1]) == 0


def reddish(png):
    image = decode(png.read_bytes()).astype(int)
    return int(((image[..., 0] > 180) & (image[..., 1] < 80) & (image[..., 2] < 80)).sum())


def test_an_epoch_that_was_not_measured_is_kept_but_is_never_the_best(tmp_path, options):
    run = Run(tmp_path, options)
    run.record(network(0), {"loss": 1.0}, score=None)
    assert not run.best_path.exists()
    run.record(network(1), {"loss": 0.5, "val_iou": 0.7}, score=-1.0, measured=network(9))
    again = Run(tmp_path, options)
    again.record(network(2), {"loss": 0.4}, score=None)

    assert weight_in(run.best_path) == 9
    assert weight_in(run.checkpoint_path) == 2
    draw_curves(again.history, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 0


def test_the_rate_by_share_rises_shortly_and_falls_to_a_hundredth():
    assert share_cosine(0, peak=2) == pytest.approx(0.1)
    assert share_cosine(0.015, peak=2) == pytest.approx(1)
    assert share_cosine(0.03, peak=2) == pytest.approx(2)
    assert share_cosine(0.515, peak=2) == pytest.approx(2 * 0.505)
    assert share_cosine(1, peak=2) == pytest.approx(0.02)
