"""Letterboxing: always exactly square, nothing bent, and the way back."""

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given

from inference_api.vision.boxes import Box
from inference_api.vision.letterbox import GREY, LetterboxTransform, crop_square, letterbox

sides = st.integers(1, 300)
squares = st.integers(1, 128)


@given(sides, sides, squares)
@example(1, 1, 120)
@example(1, 300, 120)
@example(300, 1, 120)
@example(120, 119, 120)  # an odd difference: half of it on both sides is one pixel short
def test_the_result_is_square_and_the_picture_lies_inside(width, height, size):
    square, transform = letterbox(np.full((height, width, 3), 255, np.uint8), size=size)
    assert (square.shape, square.dtype) == ((size, size, 3), np.uint8)
    inside = np.zeros((size, size), bool)
    scaled_w, scaled_h = transform.scaled_size_wh
    inside[
        transform.pad_top : transform.pad_top + scaled_h,
        transform.pad_left : transform.pad_left + scaled_w,
    ] = True
    assert inside.sum() == scaled_w * scaled_h
    assert (square[inside] == 255).all()
    assert (square[~inside] == GREY).all()


@given(sides, sides, squares)
def test_the_longer_side_fills_the_square_and_the_shorter_is_centered(width, height, size):
    transform = LetterboxTransform.fit((width, height), size=size)
    assert max(transform.scaled_size_wh) == size
    scaled_w, scaled_h = transform.scaled_size_wh
    assert abs(size - scaled_w - 2 * transform.pad_left) <= 1
    assert abs(size - scaled_h - 2 * transform.pad_top) <= 1


@given(sides, sides, squares, st.lists(st.tuples(*[st.floats(-1, 2)] * 4), max_size=4))
def test_boxes_come_back_where_they_were(width, height, size, shares):
    boxes = np.array(shares, np.float32).reshape(-1, 4) * [width, height, width, height]
    transform = LetterboxTransform.fit((width, height), size=size)
    tolerance = 1e-4 * max(width, height)
    np.testing.assert_allclose(transform.invert(transform.apply(boxes)), boxes, atol=tolerance)


def test_a_mark_is_found_where_the_transform_says():
    image = np.zeros((200, 300, 3), np.uint8)
    image[40:80, 60:120] = 255
    square, transform = letterbox(image, size=120)
    rows, columns = np.nonzero(square.min(axis=2) == 255)
    found = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / 120
    np.testing.assert_allclose(transform.apply([60, 40, 120, 80])[0], found, atol=1 / 120)


def test_shrinking_averages_and_does_not_alias():
    stripes = np.zeros((240, 240, 3), np.uint8)
    stripes[:, ::2] = 255
    square, _ = letterbox(stripes, size=120)
    assert (np.abs(square.astype(int) - 127.5) <= 1).all()


@pytest.mark.parametrize("side", [1280, 1281, 1152, 1000])
def test_a_large_photo_comes_out_as_if_averaged_in_one_go(side):
    coarse = np.random.default_rng(0).integers(0, 256, (12, 12, 3), np.uint8)
    photo = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    square, _ = letterbox(photo, size=144)
    at_once = cv2.resize(photo, (144, 144), interpolation=cv2.INTER_AREA)
    difference = np.abs(square.astype(int) - at_once)
    assert difference.mean() < 1
    assert difference.max() < 8


coordinates = st.floats(-500, 500)


@given(sides, sides, st.tuples(*[coordinates] * 4), st.floats(0, 2))
def test_any_box_gives_a_crop(width, height, corners, margin):
    image = np.zeros((height, width, 3), np.uint8)
    crop = crop_square(image, Box(*corners), margin=margin, size=32)
    assert (crop.shape, crop.dtype) == ((32, 32, 3), np.uint8)


@pytest.mark.parametrize(("margin", "white_share"), [(0.0, 1.0), (0.5, 0.25)])
def test_the_margin_is_a_share_of_the_box(margin, white_share):
    image = np.zeros((100, 100, 3), np.uint8)
    image[40:60, 40:60] = 255
    crop = crop_square(image, Box(40, 40, 60, 60), margin=margin, size=40)
    assert (crop == 255).all(axis=2).mean() == pytest.approx(white_share)


def test_a_crop_over_the_edge_is_grey_where_the_photo_ends():
    image = np.full((100, 100, 3), 255, np.uint8)
    crop = crop_square(image, Box(0, 40, 20, 80), margin=0, size=40)
    assert (crop[:, :5] == GREY).all()
    assert (crop[:, 20] == 255).all()
