"""Which points answer for which face, and what their answers cost."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from training.detector.network import STRIDES, grid
from training.detector.targets import FACE, IGNORED, LOOSE_FACE, NOTHING
from training.fitting.detection_loss import (
    FACE_SIDES,
    GIOU_WEIGHT,
    LOOSE_QUALITY,
    SMALLEST_SIDE,
    FaceLoss,
    assign,
)

SIZE = 128
POINTS = grid(SIZE)


def rows(*faces):
    """Targets (1, M, 5): box in pixels and kind, and a row of nothing as in every picture."""
    made = [[*(np.array(box) / SIZE), kind] for box, kind in faces]
    return np.array([[*made, [0, 0, 0, 0, NOTHING]]], np.float32)


def assigned(*faces):
    """Boxes in pixels (K, 4), and loose, is_face and counts (K,) as bool."""
    boxes, *flags = (ops.convert_to_numpy(v)[0] for v in assign(rows(*faces), POINTS, SIZE))
    return boxes * SIZE, *(flag.astype(bool) for flag in flags)


def test_a_picture_without_a_face_is_all_background():
    _, loose, is_face, counts = assigned()

    assert not is_face.any()
    assert not loose.any()
    assert counts.all()


def test_points_near_the_middle_answer_with_the_whole_box():
    box = [40, 40, 60, 64]
    boxes, loose, is_face, _ = assigned((box, FACE))

    np.testing.assert_allclose(boxes[is_face], np.tile(box, (is_face.sum(), 1)), atol=1e-4)
    x, y, stride = POINTS[is_face].T
    assert (abs(x - 50) <= 1.5 * stride).all()
    assert (abs(y - 52) <= 1.5 * stride).all()
    assert set(stride) == {8}
    assert not loose.any()


@settings(max_examples=30, deadline=None)
@given(st.floats(SMALLEST_SIDE + 0.1, SIZE), st.floats(0, 1), st.floats(0, 1))
def test_every_face_that_is_not_too_small_is_answered_for_at_fitting_strides(side, x, y):
    left, top = x * (SIZE - side), y * (SIZE - side)

    _, _, is_face, _ = assigned(([left, top, left + side, top + side], FACE))

    def fitting(slack):
        return {
            stride for stride, (a, b) in zip(STRIDES, FACE_SIDES, strict=True)
            if a - slack <= side < b + slack
        }  # fmt: skip

    assert fitting(-0.01) <= set(POINTS[is_face, 2]) <= fitting(0.01)


def test_a_face_that_is_too_small_is_neither_asked_for_nor_forbidden():
    _, _, is_face, counts = assigned(([10, 10, 14, 14], FACE))

    assert not is_face.any()
    silent = POINTS[~counts]
    assert len(silent)
    assert ((silent[:, :2] >= 10) & (silent[:, :2] < 14)).all()


def test_points_inside_an_ignored_place_do_not_count_unless_a_face_claims_them():
    _, _, is_face, counts = assigned(([0, 0, 64, 64], IGNORED), ([20, 20, 40, 40], FACE))

    inside = (POINTS[:, :2] < 64).all(axis=1)
    assert is_face.any()
    assert counts[is_face].all()
    assert not counts[inside & ~is_face].any()
    assert counts[~inside].all()


def test_where_two_faces_claim_a_point_the_smaller_has_it():
    large, small = ([30, 30, 70, 70], FACE), ([44, 44, 58, 58], LOOSE_FACE)
    nearest = np.argmin(np.abs(POINTS[:, :2] - 51).max(axis=1) + 1000 * (POINTS[:, 2] != 8))

    for order in ((large, small), (small, large)):
        boxes, loose, _, _ = assigned(*order)
        np.testing.assert_allclose(boxes[nearest], small[0], atol=1e-4)
        assert loose[nearest]


def cost(targets, boxes, probability):
    """Of candidates that all say the same box (pixels) but each its probability."""
    said = np.tile(np.array(boxes) / SIZE, (len(POINTS), 1))
    candidates = np.concatenate([said, np.reshape(probability, (-1, 1))], axis=1)
    return float(ops.convert_to_numpy(FaceLoss(SIZE)(targets, np.float32(candidates)[None])))


@pytest.mark.parametrize("kind", [FACE, LOOSE_FACE])
def test_the_loss_by_hand(kind):
    box, said = [40, 40, 60, 60], [40, 40, 60, 50]  # IoU and generalized IoU 0.5
    targets = rows((box, kind))
    _, _, is_face, _ = assigned((box, kind))
    probability = np.random.default_rng(0).uniform(0.1, 0.9, len(POINTS))

    quality = np.where(is_face, LOOSE_QUALITY if kind == LOOSE_FACE else np.sqrt(0.5), 0)
    surprise = -(quality * np.log(probability) + (1 - quality) * np.log(1 - probability))
    focal = (np.abs(quality - probability) ** 2 * surprise).sum() / is_face.sum()
    box_cost = GIOU_WEIGHT * 0.5 if kind == FACE else 0
    assert cost(targets, said, probability) == pytest.approx(focal + box_cost, rel=1e-3)


def test_what_is_said_of_an_ignored_place_costs_nothing():
    targets, box = rows(([0, 0, SIZE, SIZE], IGNORED)), [0, 0, 9, 9]

    assert cost(targets, box, np.full(len(POINTS), 0.99)) == pytest.approx(0, abs=1e-6)
    assert cost(rows(), box, np.full(len(POINTS), 0.99)) > 1


def test_a_certain_wrong_or_right_answer_has_a_finite_cost():
    box = [40, 40, 60, 64]
    _, _, is_face, _ = assigned((box, FACE))

    right, wrong = (cost(rows((box, FACE)), box, flags) for flags in (is_face, ~is_face))

    assert right == pytest.approx(0, abs=1e-3)
    assert 5 < wrong < 1e5


def test_the_loss_comes_back_from_its_configuration():
    again = keras.losses.deserialize(keras.losses.serialize(FaceLoss(64, name="mine")))

    assert isinstance(again, FaceLoss)
    assert (again.size, again.name) == (64, "mine")
