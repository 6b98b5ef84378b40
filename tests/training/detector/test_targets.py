"""A picture's faces and ignored places as rows."""

import numpy as np

from training.detector.mosaic import Picture
from training.detector.targets import FACE, IGNORED, LOOSE_FACE, MAX_ROWS, NOTHING, targets


def picture(boxes, loose, ignored=()):
    rows = (np.array(b, np.float32).reshape(-1, 4) for b in (boxes, ignored))
    faces, places = rows
    return Picture(np.zeros((100, 100, 3), np.uint8), faces, np.array(loose, bool), places)


def test_an_empty_picture_asks_for_nothing():
    rows = targets(picture([], []), 100)

    assert rows.shape == (MAX_ROWS, 5)
    assert (rows[:, 4] == NOTHING).all()


def test_rows_say_where_and_what_the_largest_first():
    made = targets(
        picture([[0, 0, 10, 10], [0, 0, 50, 20]], [False, True], [[90, 90, 95, 95]]), 100
    )

    np.testing.assert_allclose(made[0], [0, 0, 0.5, 0.2, LOOSE_FACE])
    np.testing.assert_allclose(made[1], [0, 0, 0.1, 0.1, FACE])
    np.testing.assert_allclose(made[2], [0.9, 0.9, 0.95, 0.95, IGNORED])
    assert (made[3:, 4] == NOTHING).all()


def test_of_more_faces_than_rows_the_largest_stay():
    boxes = [[0, 0, side, side] for side in range(1, MAX_ROWS + 3)]

    made = targets(picture(boxes, [False] * len(boxes)), 100)

    assert made[0, 2] == np.float32((MAX_ROWS + 2) / 100)
    assert made[-1, 2] == np.float32(0.03)
