"""Crops that are changed still show what the service would show."""

from pathlib import Path

import albumentations as A
import numpy as np
import pytest

from inference_api.vision.boxes import Box
from tests.training.painted import face_pixels, ground, painted
from training.classifier.augment import CropSampler
from training.dataset.arrays import _record, prepare
from training.dataset.prepared import Split
from training.dataset.sizes import CROP_MARGIN, TRAIN_CROP_EXTRA, Sizes
from training.dataset.sources import Photo

SIZE = 120


@pytest.mark.parametrize(
    ("size_wh", "box"),
    [
        ((400, 400), Box(160, 140, 240, 260)),  # roomy: no crop reaches an edge
        ((200, 200), Box(30, 20, 170, 180)),  # tight: every crop is the whole photo
        ((300, 400), Box(90, 10, 190, 150)),  # near the upper edge
        ((150, 300), Box(10, 90, 140, 240)),  # as wide as the photo
    ],
)
def test_a_training_crop_shows_the_face_as_large_as_the_service_does(size_wh, box):
    image = painted(box, size_wh=size_wh)
    photo = Photo(Path("a.jpg"), "mine", ((box.left, box.top, box.right, box.bottom),), score=1.0)
    stored, served = (
        prepare(photo, image, split=split, sizes=sizes)
        for split, sizes in (("train", Sizes(SIZE).for_training(SIZE)), ("validation", Sizes(SIZE)))
    )
    split = Split([_record(stored) | {"crop": 0}], stored.square[None], stored.crop[None])
    sampler = CropSampler(split.crops, split.crop_windows, size=SIZE)
    sampler._photometric = A.Compose([])
    rng = np.random.default_rng(0)

    seen = np.array([face_pixels(sampler.sample(rng, 0)) for _ in range(150)])

    expected = face_pixels(served.crop)
    mirrored = np.array([SIZE - expected[2], expected[1], SIZE - expected[0], expected[3]])
    np.testing.assert_allclose(seen.mean(axis=0), (expected + mirrored) / 2, atol=3)
    assert seen.std(axis=0).min() > 2  # and no two alike


def test_crops_are_pictures_of_the_size_and_repeat_with_the_randomness():
    crops = ground(3, size_wh=(160, 160))[None]
    side = (1 + 2 * CROP_MARGIN) / (1 + 2 * (CROP_MARGIN + TRAIN_CROP_EXTRA))
    window = np.array([[(1 - side) / 2] * 2 + [(1 + side) / 2] * 2], np.float32)
    one, other = (CropSampler(crops, window, size=SIZE) for _ in range(2))

    first, second = (one.sample(np.random.default_rng(seed), 0) for seed in (1, 2))

    assert first.shape == (SIZE, SIZE, 3)
    assert first.dtype == np.uint8
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, other.sample(np.random.default_rng(1), 0))
