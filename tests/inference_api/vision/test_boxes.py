"""Boxes against brute force: pixels are counted one by one."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from inference_api.vision.boxes import (
    Box,
    iou,
    rel_xyxy_to_xyxy,
    suppress,
    xywh_to_xyxy,
    xyxy_to_rel_xyxy,
    xyxy_to_xywh,
)

GRID = 12
EMPTY = np.zeros((0, 4), np.float32)
sides = st.integers(0, GRID)
boxes = st.tuples(sides, sides, sides, sides).map(
    lambda s: (min(s[0], s[2]), min(s[1], s[3]), max(s[0], s[2]), max(s[1], s[3]))
)
many_boxes = st.lists(boxes, max_size=5).map(lambda rows: np.array(rows, np.float32).reshape(-1, 4))
sizes_wh = st.tuples(st.integers(1, 5000), st.integers(1, 5000))


def pixels(box) -> set[tuple[int, int]]:
    left, top, right, bottom = (int(side) for side in box)
    return {(x, y) for x in range(left, right) for y in range(top, bottom)}


@given(many_boxes, many_boxes)
def test_iou_is_the_share_of_common_pixels(some, others):
    result = iou(some, others)
    assert (result.shape, result.dtype) == ((len(some), len(others)), np.float32)
    for row, one in zip(result, some, strict=True):
        for value, other in zip(row, others, strict=True):
            union = pixels(one) | pixels(other)
            expected = len(pixels(one) & pixels(other)) / len(union) if union else 0
            assert value == pytest.approx(expected, abs=1e-6)


@given(many_boxes)
def test_xywh_round_trip(xyxy):
    np.testing.assert_array_equal(xywh_to_xyxy(xyxy_to_xywh(xyxy)), xyxy)


@given(many_boxes, sizes_wh)
def test_rel_xyxy_round_trip(xyxy, size_wh):
    there = xyxy_to_rel_xyxy(xyxy, size_wh=size_wh)
    np.testing.assert_allclose(rel_xyxy_to_xyxy(there, size_wh=size_wh), xyxy, atol=1e-4)


@pytest.mark.parametrize("convert", [xywh_to_xyxy, xyxy_to_xywh])
def test_no_boxes_stay_no_boxes(convert):
    assert convert(EMPTY).shape == (0, 4)
    assert convert([]).shape == (0, 4)


@given(boxes)
def test_area_is_the_number_of_pixels(corners):
    box = Box(*map(float, corners))
    assert box.area == len(pixels(corners)) == box.width * box.height


@given(boxes, sizes_wh)
def test_a_clipped_box_keeps_the_pixels_inside(corners, size_wh):
    size_wh = size_wh[0] % GRID + 1, size_wh[1] % GRID + 1
    clipped = Box(*map(float, corners)).clip(size_wh)
    inside = {(x, y) for x, y in pixels(corners) if x < size_wh[0] and y < size_wh[1]}
    assert pixels(clipped.as_array()) == inside


def test_a_box_outside_is_clipped_to_nothing():
    assert Box(-20, -20, -10, -10).clip((5, 5)).area == 0
    assert Box(20, 20, 30, 30).clip((5, 5)).area == 0


@given(boxes)
def test_the_square_of_a_box_holds_it_and_keeps_its_center(corners):
    box = Box(*map(float, corners))
    square = box.square()
    assert square.width == square.height == max(box.width, box.height)
    assert square.left + square.right == box.left + box.right
    assert square.top <= box.top
    assert box.bottom <= square.bottom


@given(boxes, st.floats(0, 2))
def test_an_expanded_box_grows_by_its_own_sides(corners, margin):
    box = Box(*map(float, corners))
    grown = box.expand(margin)
    assert grown.width == pytest.approx(box.width * (1 + 2 * margin))
    assert grown.height == pytest.approx(box.height * (1 + 2 * margin))


def test_an_inverted_box_is_empty():
    assert (Box(5, 5, 1, 9).width, Box(5, 5, 1, 9).area) == (0, 0)


def kept_by_hand(xyxy, scores, *, threshold, max_iou):
    """Greedy suppression, one box after another."""
    kept: list[int] = []
    for row in sorted(range(len(xyxy)), key=lambda row: -scores[row]):
        covered = any(iou(xyxy[[row]], xyxy[[other]])[0, 0] > max_iou for other in kept)
        if scores[row] > threshold and not covered:
            kept.append(row)
    return kept


filled_boxes = st.lists(
    boxes.filter(lambda box: box[0] < box[2] and box[1] < box[3]), max_size=5
).map(lambda rows: np.array(rows, np.float32).reshape(-1, 4))


@given(filled_boxes, st.randoms(use_true_random=False), st.sampled_from([0.0, 0.3, 0.45, 0.9]))
def test_suppression_keeps_what_no_better_box_covers(xyxy, random, max_iou):
    scores = np.array(random.sample(range(1, 100), len(xyxy)), np.float32) / 100

    kept = suppress(xyxy, scores, threshold=0.25, max_iou=max_iou)

    assert kept.dtype == np.int64
    assert kept.tolist() == kept_by_hand(xyxy, scores, threshold=0.25, max_iou=max_iou)


def test_suppression_works_on_fractions_too():
    xyxy = np.array([[0.1, 0.1, 0.3, 0.3], [0.11, 0.1, 0.31, 0.3], [0.6, 0.6, 0.8, 0.8]])
    scores = np.array([0.8, 0.9, 0.7], np.float32)

    kept = suppress(xyxy.astype(np.float32), scores, threshold=0.5, max_iou=0.45)

    assert kept.tolist() == [1, 2]
