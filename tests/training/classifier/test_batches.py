"""The classifier's batches: crops, and what people said of them."""

import numpy as np
import pytest

from training.classifier.augment import CropSampler
from training.classifier.batches import (
    ClassifierBatches,
    panel_targets,
    probability_targets,
    rated_batches,
)
from training.classifier.targets import ScoreScale
from training.dataset.draws import Draws
from training.dataset.prepared import Split

SIZE = 120


def test_crops_come_with_their_targets_as_often_as_they_weigh():
    crops = np.stack([np.full((160, 160, 3), value, np.uint8) for value in (30, 130, 230)])
    windows = np.tile(np.array([0, 0, 1, 1], np.float32), (3, 1))
    sampler = CropSampler(crops, windows, size=SIZE)
    targets = {"probability": np.array([[0.1], [0.5], [0.9]], np.float32)}
    weights = np.array([1.0, 0.0, 3.0], np.float32)
    batches = ClassifierBatches(sampler, targets, weights, Draws(64, 2, 0))

    inputs, outputs = batches[0]

    assert len(batches) == 2
    drawn = outputs["probability"][:, 0]
    assert set(drawn.tolist()) == {np.float32(0.1), np.float32(0.9)}
    assert 0.6 < (drawn > 0.5).mean() < 0.9
    middles = inputs["image"][:, 40:80, 40:80].mean(axis=(1, 2, 3))
    assert ((middles > 128) == (drawn > 0.5)).all()


@pytest.fixture
def split():
    """Three photos of two data sets, rated one deviation below, at and above their medians."""
    record = {
        "size_wh": [200, 200], "boxes_rel_xyxy": [[0.3, 0.3, 0.7, 0.7]], "category": None,
    }  # fmt: skip
    said = [("mine", 2.0), ("yours", 50.0), ("mine", 4.0)]
    records = [
        {**record, "dataset": dataset, "score": score, "crop": row}
        for row, (dataset, score) in enumerate(said)
    ]
    pixels = np.zeros((3, 80, 80, 3), np.uint8)
    return Split(records, pixels, pixels, crop_margin=0)


BELOW, ABOVE = 0.158655, 0.841345  # the normal distribution's share under -1 and under +1
SCALES = {"mine": ScoreScale(3.0, 1.0), "yours": ScoreScale(50.0, 20.0)}


def test_a_rating_becomes_a_probability(split):
    targets = probability_targets(split, SCALES, upper="Sexy")

    np.testing.assert_allclose(targets["probability"], [[BELOW], [0.5], [ABOVE]], atol=1e-5)


def test_only_the_panel_that_rated_a_photo_has_an_opinion_of_it(split):
    probability = np.array([[0.2], [0.5], [0.8]], np.float32)

    targets = panel_targets(split, probability, ["mine", "yours"])

    assert targets["panel"].tolist() == [[1, 0], [0, 1], [1, 0]]
    expected = np.array([[0.2, np.nan], [np.nan, 0.5], [0.8, np.nan]], np.float32)
    np.testing.assert_array_equal(targets["opinions"], expected)


def test_crops_have_the_size_asked_for(split):
    targets = {"probability": np.zeros((3, 1), np.float32)}

    inputs, outputs = rated_batches(split, targets, size=60, draws=Draws(8, 1, 0))[0]

    assert inputs["image"].shape == (8, 60, 60, 3)
    assert outputs["probability"].shape == (8, 1)
