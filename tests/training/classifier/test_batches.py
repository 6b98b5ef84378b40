"""The classifier's batches: rated crops with what people said, and others to be fair on."""

import numpy as np
import pytest

from training.classifier.augment import CropSampler
from training.classifier.batches import ClassifierBatches, Faces, fair_batches
from training.classifier.targets import ScoreScale
from training.dataset.draws import Draws
from training.dataset.prepared import Split

SIZE = 120


def test_crops_come_with_what_is_told_of_them_as_often_as_they_weigh():
    crops = np.stack([np.full((160, 160, 3), value, np.uint8) for value in (30, 130, 230)])
    windows = np.tile(np.array([0, 0, 1, 1], np.float32), (3, 1))
    sampler = CropSampler(crops, windows, size=SIZE)
    told = np.array([[0.1], [0.5], [0.9]], np.float32)
    faces = Faces(sampler, told, np.array([1.0, 0.0, 3.0], np.float32))
    batches = ClassifierBatches([faces], Draws(64, 2, 0))

    inputs, outputs = batches[0]

    assert len(batches) == 2
    drawn = outputs["probability"][:, 0]
    assert set(drawn.tolist()) == {np.float32(0.1), np.float32(0.9)}
    assert 0.6 < (drawn > 0.5).mean() < 0.9
    middles = inputs["image"][:, 40:80, 40:80].mean(axis=(1, 2, 3))
    assert ((middles > 128) == (drawn > 0.5)).all()


@pytest.fixture
def split():
    """Three rated photos, and three that nobody rated: two adults and a child."""
    record = {
        "size_wh": [200, 200], "boxes_rel_xyxy": [[0.3, 0.3, 0.7, 0.7]], "category": None,
        "score": None, "crop": None, "reference": None, "group": {}, "dataset": "mine",
    }  # fmt: skip
    rated = [
        record | {"score": 2.0, "crop": 0},
        record | {"score": 3.0, "crop": 1, "upper_share": 0.75, "n_ratings": 8},
        record | {"score": 4.0, "crop": 2},
    ]
    people = [("x", "20-29"), ("y", "20-29"), ("y", "3-9")]
    referred = [
        record
        | {"reference": row, "group": {"ethnicity": ethnicity, "gender": "female", "age": age}}
        for row, (ethnicity, age) in enumerate(people)
    ]
    pixels = np.zeros((6, 80, 80, 3), np.uint8)
    bright = np.full((3, 80, 80, 3), 250, np.uint8)
    return Split([*rated, *referred], pixels, pixels[:3], crop_margin=0, references=bright)


BELOW, ABOVE = 0.158655, 0.841345  # the normal distribution's share under -1 and under +1
SCALES = {("mine", None): ScoreScale(3.0, 1.0)}


def test_a_batch_is_rated_faces_and_as_many_others(split):
    batches = fair_batches(split, SCALES, upper="Sexy", size=60, draws=Draws(8, 1, 0))

    inputs, outputs = batches[0]

    told = outputs["probability"]
    assert inputs["image"].shape == (16, 60, 60, 3)
    rated, others = told[:8], told[8:]
    assert set(map(tuple, rated.round(4).tolist())) <= {
        (np.float32(target).round(4), weight, 0, 0)
        for target, weight in ((BELOW, 1), (0.75, 0.5), (ABOVE, 1))
    }
    assert set(map(tuple, others.tolist())) == {(0, 0, 0.5, -0.5), (0, 0, -0.5, 0.5)}
    is_bright = inputs["image"].mean(axis=(1, 2, 3)) > 150
    assert is_bright[8:].all()
    assert not is_bright[:8].any()


def test_without_others_there_are_rated_faces_alone(split):
    alone = Split(split.records[:3], split.photos[:3], split.crops, crop_margin=0)
    inputs, outputs = fair_batches(
        alone, SCALES, upper="Sexy", size=60, draws=Draws(8, 1, 0)
    )[0]  # fmt: skip
    assert inputs["image"].shape == (8, 60, 60, 3)
    assert outputs["probability"].shape == (8, 2)
