"""Where a match just counts, and what cannot be matched at all."""

import numpy as np
import pytest

from training.detector.metrics import Found, Truth, match

NONE = np.zeros((0, 4), np.float32)
FACE, HALF, LESS = ([[0, 0, 10, 10]], [[0, 0, 10, 5]], [[0, 0, 10, 4.9]])


def found(boxes):
    return Found(np.float32(boxes), np.float32([0.9] * len(boxes)))


@pytest.mark.parametrize(("boxes", "recall"), [(HALF, 1), (LESS, 0)])
def test_half_the_union_is_just_enough(boxes, recall):
    matches = match([found(boxes)], [Truth(np.float32(FACE), NONE)])
    assert matches.precision_recall(threshold=0.5) == (recall, recall)


@pytest.mark.parametrize(("boxes", "counted"), [([[0, 5, 10, 15]], 0), ([[0, 5.1, 10, 15.1]], 1)])
def test_half_of_a_box_inside_is_just_enough_to_be_ignored(boxes, counted):
    matches = match([found(boxes)], [Truth(NONE, np.float32(FACE))])
    assert len(matches.probabilities) == counted


def test_what_was_found_has_to_be_of_the_same_photos():
    with pytest.raises(ValueError, match="shorter"):
        match([found(FACE)], [])
