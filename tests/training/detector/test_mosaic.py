"""Mosaics: whatever is cut, scaled and moved, the boxes stay on their faces."""

import numpy as np
import pytest

from inference_api.vision.boxes import Box
from tests.training.painted import face_pixels, ground, painted
from training.detector import mosaic
from training.detector.mosaic import LEAST_SEEN, Labelled, MosaicSampler

SIZE = 160
BOX = Box(60, 30, 110, 95)


@pytest.fixture
def sampler():
    photo = Labelled(painted(BOX, size_wh=(150, 120)), BOX.as_array()[None])
    made = MosaicSampler([photo], np.ones(1, np.float32), [ground(1), ground(2)], size=SIZE)
    made._light = lambda _, picture: picture
    return made


@pytest.fixture(autouse=True)
def nothing_covered(monkeypatch):
    monkeypatch.setattr(mosaic, "P_COVERED", 0.0)


@pytest.fixture
def one_cell(monkeypatch, sampler):
    monkeypatch.setattr(mosaic, "P_CELLS", {1: 1.0})
    monkeypatch.setattr(sampler, "p_no_face", 0.0)


def pictures(sampler, count):
    return [sampler.sample(np.random.default_rng(seed)) for seed in range(count)]


@pytest.mark.usefixtures("one_cell")
def test_the_box_is_where_the_face_was_painted(sampler, monkeypatch):
    monkeypatch.setattr(sampler, "_ground", lambda *_: None)  # no color like the face's
    seen = [p for p in pictures(sampler, 60) if len(p.boxes_xyxy)]

    assert len(seen) > 40
    for picture in seen:
        bounds = face_pixels(picture.image)
        assert np.abs(bounds - picture.boxes_xyxy[0]).max() <= 3.5, picture.boxes_xyxy


@pytest.mark.usefixtures("one_cell")
def test_faces_come_in_many_sizes_and_at_many_places(sampler):
    boxes = np.concatenate([p.boxes_xyxy for p in pictures(sampler, 80)])

    sides = boxes[:, 2] - boxes[:, 0]
    assert sides.max() > 4 * sides.min()
    assert np.ptp(boxes[:, 0]) > SIZE / 3


@pytest.mark.usefixtures("one_cell")
def test_a_face_that_is_mostly_cut_off_is_ignored_not_forgotten(sampler):
    face = BOX.area / (150 * 120)
    for picture in pictures(sampler, 80):
        assert len(picture.boxes_xyxy) + len(picture.ignored_xyxy) <= 1
        if not len(picture.boxes_xyxy) and face_pixels(picture.image) is not None:
            assert len(picture.ignored_xyxy) == 1
    assert 0 < face < LEAST_SEEN


@pytest.mark.parametrize("cells", [2, 3, 4])
def test_every_cell_shows_its_photo_and_no_box_leaves_the_picture(cells, sampler, monkeypatch):
    monkeypatch.setattr(mosaic, "P_CELLS", {cells: 1.0})
    monkeypatch.setattr(sampler, "p_no_face", 0.0)

    for picture in pictures(sampler, 10):
        boxes = np.concatenate([picture.boxes_xyxy, picture.ignored_xyxy])
        assert cells**2 * 0.6 <= len(boxes) <= cells**2
        assert boxes.min() >= 0
        assert boxes.max() <= SIZE
        assert picture.image.shape == (SIZE, SIZE, 3)


def test_pictures_without_a_face_occur(sampler):
    empty = [p for p in pictures(sampler, 60) if not len(p.boxes_xyxy) + len(p.ignored_xyxy)]

    assert empty
    assert all(face_pixels(p.image) is None for p in empty)


def test_the_same_randomness_makes_the_same_picture(sampler):
    one, other = (sampler.sample(np.random.default_rng(7)) for _ in range(2))

    np.testing.assert_array_equal(one.image, other.image)
    np.testing.assert_array_equal(one.boxes_xyxy, other.boxes_xyxy)


def test_photos_are_drawn_by_their_weights():
    photos = [
        Labelled(np.full((40, 40, 3), value, np.uint8), np.zeros((0, 4), np.float32))
        for value in (10, 200)
    ]
    made = MosaicSampler(photos, np.float32([1, 0]), [ground(1)], size=64, p_no_face=0.3)

    drawn = {int(made._draw(np.random.default_rng(seed)).image[0, 0, 0]) for seed in range(40)}

    assert 10 in drawn
    assert 200 not in drawn
