"""What is drawn over faces, and what light does to pictures."""

import numpy as np
import pytest

from training.detector import covers, light
from training.detector.covers import cover
from training.detector.light import Light

BOX = np.array([40, 30, 120, 130], np.float32)


def covered(seed, degrees=0.0):
    picture = np.full((160, 160, 3), 99, np.uint8)
    cover(np.random.default_rng(seed), picture, BOX, degrees)
    return (picture != 99).any(axis=2)


def test_a_cover_hides_a_part_of_the_face_never_all_of_it():
    shares = [covered(seed)[30:130, 40:120].mean() for seed in range(200)]

    assert 0.02 < np.median(shares) < 0.6
    assert max(shares) < 0.9


def test_a_mask_hides_mouth_and_chin_of_the_upright_and_of_the_turned_face(monkeypatch):
    monkeypatch.setattr(covers, "SHARES", ((1.0, covers._mask),))
    for seed in range(20):
        upright, on_its_head = covered(seed), covered(seed, degrees=180)
        assert upright[105:115, 70:90].all()
        assert not upright[30:50].any()
        assert on_its_head[45:55, 70:90].all()
        assert not on_its_head[110:130].any()


@pytest.mark.parametrize("seed", range(30))
def test_light_keeps_shape_and_type_and_is_seeded(seed):
    picture = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), np.uint8)
    one, other = (Light()(np.random.default_rng(seed), picture) for _ in range(2))

    assert (one.shape, one.dtype) == (picture.shape, np.uint8)
    np.testing.assert_array_equal(one, other)


def test_some_pictures_are_grey_and_most_are_changed():
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    seen = [Light()(np.random.default_rng(seed), picture) for seed in range(60)]

    assert any(np.ptp(each.astype(int), axis=2).mean() < 12 for each in seen)
    assert sum(not np.array_equal(each, picture) for each in seen) > 40


def test_noise_is_large_enough_for_any_picture():
    assert light.NOISE_SIDE >= 512
