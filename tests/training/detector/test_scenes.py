"""Turned, scaled and mirrored photos: pixels and boxes go to the same place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_api.vision.boxes import Box
from tests.training.painted import face_pixels, painted
from training.detector.scenes import Placement, moved_boxes, warp_into

BOX = Box(60, 30, 110, 95)


@pytest.mark.parametrize("degrees", [0, 20, 45, 90, 137, -60, 180])
@pytest.mark.parametrize("scale_xy", [(1.0, 1.0), (0.3, 0.33), (1.6, 1.4)])
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_box_of_a_turned_face_fits_what_is_drawn(degrees, scale_xy, mirrored):
    photo, cell = painted(BOX, size_wh=(150, 120)), np.zeros((240, 260, 3), np.uint8)
    middle = np.array([85.0, 62.5])
    matrix = Placement(degrees, scale_xy, mirrored).matrix(middle, np.array([130.0, 120.0]))

    warp_into(cell, photo, matrix)
    (box,) = moved_boxes(BOX.as_array()[None], matrix)

    np.testing.assert_allclose(face_pixels(cell), box, atol=2.5)
    np.testing.assert_allclose((box[:2] + box[2:]) / 2, [130, 120], atol=1e-3)


@given(st.floats(-180, 180))
def test_a_turned_circle_keeps_its_box(degrees):
    circle = np.array([[10, 10, 30, 30]], np.float32)
    matrix = Placement(degrees, (1, 1), mirrored=False).matrix(
        np.array([20.0, 20.0]), np.array([20.0, 20.0])
    )

    np.testing.assert_allclose(moved_boxes(circle, matrix), circle, atol=1e-3)


def test_a_photo_that_does_not_fill_its_cell_leaves_the_rest():
    cell = np.full((50, 50, 3), 7, np.uint8)

    warp_into(cell, np.full((10, 10, 3), 200, np.uint8), np.array([[1.0, 0, 20], [0, 1.0, 20]]))

    assert (cell[20:30, 20:30] == 200).all()
    assert (cell == 7).sum() == (50 * 50 - 100) * 3
