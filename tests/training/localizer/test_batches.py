"""Prepared arrays become batches: drawn by seed, epoch and number, and by nothing else."""

import numpy as np
import pytest

from inference_api.vision.boxes import Box
from inference_api.vision.letterbox import letterbox
from tests.training.painted import face_pixels, ground, painted
from training.dataset.draws import Draws, even_weights
from training.dataset.errors import UnfitDataError
from training.dataset.prepared import Split
from training.localizer.augment import CompositeSampler, OriginalSampler
from training.localizer.batches import LocalizerBatches, face_sampler

SIZE, STORED = 120, 192
FACE = Box(50, 30, 100, 90)


def record(boxes, *, dataset="mine", size_wh=(150, 120), crop=None):
    return {"boxes_rel_xyxy": boxes, "dataset": dataset, "size_wh": size_wh, "crop": crop}


@pytest.fixture(scope="module")
def split():
    """Three photos with a face, two without, one with two faces, one that nobody looked at."""
    face, transform = letterbox(painted(FACE, size_wh=(150, 120)), size=STORED)
    (box,) = transform.apply([FACE.as_array()]).tolist()
    empty, _ = letterbox(ground(1), size=STORED)
    rows = [
        (face, [box]), (empty, []), (face, [box]), (face, [box, [0.0, 0.3, 0.1, 0.4]]),
        (face, None), (empty, []), (face, [box]),
    ]  # fmt: skip
    records = [record(boxes) for _, boxes in rows]
    records[6]["dataset"] = "loose"
    return Split(records, np.stack([image for image, _ in rows]), np.empty((0, 160, 160, 3)))


@pytest.fixture(scope="module")
def sampler_and_weights(split):
    return face_sampler(split, size=SIZE, without=frozenset())


@pytest.mark.parametrize(("faces", "rows"), [(0, [1, 5]), (1, [0, 2, 6]), (2, [3]), (3, [])])
def test_photos_are_told_by_their_number_of_faces_and_unknown_is_no_number(split, faces, rows):
    assert split.rows(faces=faces).tolist() == rows


def test_data_sets_can_be_left_out(split):
    assert split.rows(faces=1, without=frozenset({"loose"})).tolist() == [0, 2]


def test_the_largest_face_is_the_photos_box(split):
    np.testing.assert_array_equal(split.boxes_rel_xyxy[3], split.boxes_rel_xyxy[0])
    assert not split.boxes_rel_xyxy[[1, 4, 5]].any()


def test_the_content_is_the_photo_without_its_padding(split):
    content, transform = split.content(0)

    assert content.shape == (round(STORED * 120 / 150), STORED, 3)
    found = face_pixels(content) / transform.scaled_size_wh[0] * 150
    np.testing.assert_allclose(found, FACE.as_array(), atol=1)


@pytest.mark.parametrize(
    ("augmentation", "kind"), [("default", CompositeSampler), ("original", OriginalSampler)]
)
def test_the_sampler_has_each_single_face_where_it_is(split, augmentation, kind):
    sampler, weights = face_sampler(
        split, size=SIZE, without=frozenset(), augmentation=augmentation
    )

    assert type(sampler) is kind
    assert len(sampler.faces) == len(weights) == 3
    assert len(sampler.backgrounds) == 2
    for image, box in sampler.faces:
        np.testing.assert_allclose(face_pixels(image), box.as_array(), atol=1.5)


@pytest.mark.parametrize(("rows", "said"), [([1, 5], "0 photos with one face"), ([0], "0 without")])
def test_photos_of_one_kind_alone_cannot_train_and_that_is_said(split, rows, said):
    part = Split([split.records[row] for row in rows], split.photos[rows], split.crops)

    with pytest.raises(UnfitDataError, match=said):
        face_sampler(part, size=SIZE, without=frozenset())


@pytest.mark.parametrize(
    ("datasets", "weights"),
    [([], []), (["a"], [1]), (["a"] * 4 + ["b"], [0.5] * 4 + [1])],
)
def test_a_data_set_is_drawn_by_the_root_of_its_size(datasets, weights):
    assert even_weights(datasets).tolist() == weights


def batch(sampler_and_weights, *, seed=0, epoch=0, number=0):
    batches = LocalizerBatches(*sampler_and_weights, Draws(16, 4, seed))
    batches.epoch = epoch
    return batches[number]


def test_a_batch_is_made_by_seed_epoch_and_number_alone(sampler_and_weights):
    first = batch(sampler_and_weights, seed=3, epoch=2, number=1)
    batch(sampler_and_weights, seed=9)
    again = batch(sampler_and_weights, seed=3, epoch=2, number=1)

    for one, other in zip(first, again, strict=True):
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


@pytest.mark.parametrize("change", [{"seed": 1}, {"epoch": 1}, {"number": 1}])
def test_another_seed_epoch_or_number_makes_another_batch(sampler_and_weights, change):
    images, changed = (
        batch(sampler_and_weights, **options)[0]["image"] for options in ({}, change)
    )

    assert not np.array_equal(images, changed)


def test_a_photo_without_a_face_has_no_box_to_learn(sampler_and_weights):
    inputs, targets, weights = batch(sampler_and_weights)
    face, box = targets["face_probability"][:, 0], targets["box_rel_xyxy"]

    assert inputs["image"].shape == (16, SIZE, SIZE, 3)
    assert inputs["image"].dtype == np.uint8
    assert 0 < face.sum() < 16
    np.testing.assert_array_equal(weights["box_rel_xyxy"], face)
    np.testing.assert_array_equal(weights["face_probability"], np.ones(16))
    assert not box[face == 0].any()
    assert (box[face == 1, :2] < box[face == 1, 2:]).all()
    assert box.min() >= 0
    assert box.max() <= 1
