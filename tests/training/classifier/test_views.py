"""Faces seen again, harmlessly changed, and spoiled."""

import keras
import numpy as np
import pytest

from training.classifier.changes import CHANGES
from training.classifier.views import SPOILERS, seen, served, spoiled


@pytest.fixture
def crop():
    """Bright above, darker below, and brighter to the right."""
    columns = np.linspace(60, 140, 64)[None, :, None]
    rows = np.linspace(80, 0, 64)[:, None, None]
    return np.broadcast_to(columns + rows, (64, 64, 3)).astype(np.uint8).copy()


@pytest.mark.parametrize("name", CHANGES)
def test_a_harmless_change_keeps_the_shape_and_changes_something(crop, name):
    changed = CHANGES[name](crop)
    assert (changed.shape, changed.dtype) == (crop.shape, np.uint8)
    assert (changed != crop).any()
    assert np.abs(changed.astype(int) - crop).mean() < 60


def test_changes_do_what_they_are_called(crop):
    np.testing.assert_array_equal(CHANGES["mirrored"](crop), crop[:, ::-1])
    np.testing.assert_allclose(
        CHANGES["brighter by a fifth"](crop).mean(), 1.2 * crop.mean(), rtol=0.01
    )
    shifted = CHANGES["shifted by 5 pixels"](crop)
    np.testing.assert_array_equal(shifted[5:, 5:], crop[:-5, :-5])
    larger = CHANGES["larger by 5 %"](crop).astype(int)
    assert larger[32, 60, 0] < crop[32, 60, 0], "what is at the edge was nearer to the middle"


def test_every_kind_of_spoiling_is_there_and_spoils(crop):
    crop[::3] = 255 - crop[::3]  # fine lines, which a blur and few pixels lose
    pictures = spoiled(crop, np.random.default_rng(0))
    assert len(pictures) == len(SPOILERS)
    for name, picture in zip(SPOILERS, pictures, strict=True):
        assert (picture.shape, picture.dtype) == (crop.shape, np.uint8), name
        assert np.abs(picture.astype(int) - crop).max() > 5, name
    assert len(np.unique(pictures[0][40:].reshape(-1, 3), axis=0)) == 1, "the lower half is covered"
    np.testing.assert_array_equal(pictures[0][:30], crop[:30])


def test_what_is_served_of_a_stored_crop_is_its_window(crop):
    window = np.array([[0.25, 0.25, 0.75, 0.75]], np.float32)
    (shown,) = served(crop[None], window, size=32)
    np.testing.assert_array_equal(shown, crop[16:48, 16:48])


def test_features_come_face_by_face_and_view_by_view():
    image = keras.Input((2, 2, 3), dtype="uint8", name="image")
    mean = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1.0)(image))
    faces = [[np.full((2, 2, 3), 10 * face + view, np.uint8) for view in range(3)]
             for face in range(25)]  # fmt: skip

    found = seen(keras.Model({"image": image}, mean), iter(faces))

    expected = 10 * np.arange(25)[:, None] + np.arange(3)
    np.testing.assert_allclose(found, np.repeat(expected[..., None], 3, axis=2))
