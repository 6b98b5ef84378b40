"""Frames and labels: inside the picture, readable on any ground, in several scripts."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from PIL import ImageFont

from inference_api.vision.boxes import Box
from inference_api.vision.drawing import DEFAULT_FONT, Mark, draw_marks


def ground(value: int = 128, *, size_wh=(300, 200)):
    return np.full((size_wh[1], size_wh[0], 3), value, np.uint8)


def luminance(image):
    return image @ np.array([0.2126, 0.7152, 0.0722])


def changed(before, after):
    return (before != after).any(axis=2)


MIDDLE = Box(100, 80, 180, 150)


def test_without_marks_the_picture_stays_and_is_a_copy():
    image = ground()
    drawn = draw_marks(image, [])
    assert np.array_equal(drawn, image)
    assert drawn is not image


def test_the_given_picture_is_left_alone():
    image = ground()
    draw_marks(image, [Mark(MIDDLE, "Sexy")])
    assert (image == 128).all()


@pytest.mark.parametrize("value", [0, 128, 255])
def test_frame_and_label_are_readable_on_any_ground(value):
    image = ground(value)
    drawn = draw_marks(image, [Mark(MIDDLE, "Sexy 87 %")])
    light = luminance(drawn)[changed(image, drawn)]
    assert light.max() - light.min() > 150  # whatever the ground, the mark brings both itself


def test_the_frame_lies_on_the_box_and_the_face_stays_visible():
    drawn = changed(ground(), draw_marks(ground(), [Mark(MIDDLE, "x")]))
    assert drawn[80:150, 100].all()
    assert drawn[149, 100:180].all()
    assert not drawn[90:140, 110:170].any()


EDGES = {
    "left top": Box(0, 0, 60, 60),
    "right bottom": Box(240, 140, 300, 200),
    "whole picture": Box(0, 0, 300, 200),
    "top, full width": Box(0, 0, 300, 40),
    "a line": Box(300, 0, 300, 200),
}


def plate_size(box: Box) -> tuple[int, int]:
    """Height and width of what a longer label adds: nothing of it may be cut off."""
    short, long = (draw_marks(ground(), [Mark(box, text)]) for text in ("i", "Sexy 87 %"))
    rows, columns = np.nonzero(changed(short, long))
    return int(np.ptp(rows)), int(np.ptp(columns))


@pytest.mark.parametrize("box", EDGES.values(), ids=EDGES.keys())
def test_the_label_is_whole_when_the_face_touches_an_edge(box):
    height, width = plate_size(MIDDLE)
    assert plate_size(box)[0] >= height - 2
    assert plate_size(box)[1] >= width - 2


@settings(max_examples=60)
@given(
    st.integers(1, 120),
    st.integers(1, 120),
    st.lists(st.tuples(*[st.floats(-200, 300)] * 4), max_size=4),
    st.text(max_size=12),
)
def test_any_boxes_and_text_can_be_drawn(width, height, corners, text):
    image = ground(size_wh=(width, height))
    drawn = draw_marks(image, [Mark(Box(*sides), text) for sides in corners])
    assert (drawn.shape, drawn.dtype) == (image.shape, np.uint8)


def test_marks_grow_with_the_photo():
    small = changed(ground(), draw_marks(ground(), [Mark(MIDDLE, "Sexy")]))
    large_wh = (1200, 800)
    box = Box(*(4 * MIDDLE.as_array()))
    large = changed(
        ground(size_wh=large_wh), draw_marks(ground(size_wh=large_wh), [Mark(box, "Sexy")])
    )
    assert large.mean() == pytest.approx(small.mean(), rel=0.5)


def test_several_faces_are_numbered_and_their_labels_do_not_cover_each_other():
    boxes = [Box(20, 80, 90, 150), Box(60, 80, 130, 150)]
    same = draw_marks(ground(), [Mark(box, "Sexy") for box in boxes])
    each_alone = [changed(ground(), draw_marks(ground(), [Mark(box, "1. Sexy")])) for box in boxes]
    assert changed(ground(), same).sum() > max(one.sum() for one in each_alone)
    above, below = same[:77], same[153:]
    assert (above != 128).any()
    assert (below != 128).any()


@pytest.mark.parametrize("text", ["Sexy", "Красивая", "Όμορφη", "جميلة", "87 % № 1"])
def test_the_font_has_the_common_scripts(text):
    font = ImageFont.truetype(DEFAULT_FONT, 20)
    missing = bytes(font.getmask("\U000fffff"))
    assert all(bytes(font.getmask(character)) != missing for character in text.replace(" ", ""))
