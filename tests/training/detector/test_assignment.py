"""Which points answer for which face."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.detector.assignment import FACE_SIDES, SMALLEST_SIDE, assign
from training.detector.network import STRIDES, grid

SIZE = 128
NONE = np.zeros((0, 4), np.float32)
POINTS = grid(SIZE)


def boxes(*rows):
    return np.array(rows, np.float32).reshape(-1, 4)


def answering(targets):
    return POINTS[targets[:, 4] == 1]


def test_a_picture_without_a_face_is_all_background():
    targets = assign(NONE, NONE, size=SIZE)

    assert targets.shape == (len(POINTS), 6)
    assert not targets[:, :5].any()
    assert (targets[:, 5] == 1).all()


def test_points_near_the_middle_answer_with_the_whole_box():
    targets = assign(boxes([40, 40, 60, 64]), NONE, size=SIZE)

    rows = targets[:, 4] == 1
    np.testing.assert_allclose(
        targets[rows, :4], np.tile(np.array([40, 40, 60, 64]) / 128, (rows.sum(), 1))
    )
    x, y, stride = answering(targets).T
    assert (abs(x - 50) <= 1.5 * stride).all()
    assert (abs(y - 52) <= 1.5 * stride).all()
    assert set(stride) == {8}


@given(
    st.floats(SMALLEST_SIDE + 0.1, SIZE),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_every_face_that_is_not_too_small_is_answered_for_at_fitting_strides(side, x, y):
    left, top = x * (SIZE - side), y * (SIZE - side)

    targets = assign(boxes([left, top, left + side, top + side]), NONE, size=SIZE)

    strides = {
        stride
        for stride, (least, most) in zip(STRIDES, FACE_SIDES, strict=True)
        if least <= np.float32(side) < most
    }
    assert strides <= set(answering(targets)[:, 2]) <= set(STRIDES)
    assert set(answering(targets)[:, 2]) <= strides | {
        s for s, (a, b) in zip(STRIDES, FACE_SIDES, strict=True) if a - 0.01 <= side <= b + 0.01
    }


def test_a_face_that_is_too_small_is_neither_asked_for_nor_forbidden():
    targets = assign(boxes([10, 10, 14, 14]), NONE, size=SIZE)

    assert not targets[:, 4].any()
    silent = POINTS[targets[:, 5] == 0]
    assert len(silent)
    assert ((silent[:, :2] >= 10) & (silent[:, :2] < 14)).all()


def test_points_inside_an_ignored_face_do_not_count_unless_another_face_claims_them():
    ignored = boxes([0, 0, 64, 64])
    targets = assign(boxes([20, 20, 40, 40]), ignored, size=SIZE)

    assert (targets[targets[:, 4] == 1, 5] == 1).all()
    inside = (POINTS[:, :2] < 64).all(axis=1)
    assert (targets[inside & (targets[:, 4] == 0), 5] == 0).all()
    assert (targets[~inside, 5] == 1).all()


def test_where_two_faces_claim_a_point_the_smaller_has_it():
    large, small = [30, 30, 70, 70], [44, 44, 58, 58]

    for order in ([large, small], [small, large]):
        targets = assign(boxes(*order), NONE, size=SIZE)
        nearest = np.argmin(np.abs(POINTS[:, :2] - 51).max(axis=1) + 1000 * (POINTS[:, 2] != 8))
        np.testing.assert_allclose(targets[nearest, :4] * SIZE, small)
