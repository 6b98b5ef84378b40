"""Average precision, recall and precision against hand-made cases and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve

from training.detector.metrics import Found, Truth, match

NONE = np.zeros((0, 4), np.float32)
FACE, OTHER, FAR = [0, 0, 10, 10], [20, 0, 30, 10], [60, 60, 70, 70]


def found(*rows):
    boxes = np.array([box for box, _ in rows], np.float32).reshape(-1, 4)
    return Found(boxes, np.array([p for _, p in rows], np.float32))


def truth(*boxes, ignored=()):
    return Truth(*(np.array(b, np.float32).reshape(-1, 4) for b in (boxes, ignored)))


@pytest.mark.parametrize(
    ("said", "true", "ap", "precision_recall"),
    [
        (found(), truth(), 0, (1, 0)),
        (found(), truth(FACE), 0, (1, 0)),
        (found((FACE, 0.9)), truth(FACE), 1, (1, 1)),
        (found((FAR, 0.9)), truth(FACE), 0, (0, 0)),
        (found((FACE, 0.9), (FAR, 0.6)), truth(FACE), 1, (0.5, 1)),
        (found((FAR, 0.9), (FACE, 0.6)), truth(FACE), 0.5, (0.5, 1)),
        (found((FACE, 0.9), (FACE, 0.8)), truth(FACE), 1, (0.5, 1)),  # the second is a double
        (found((FACE, 0.9), (OTHER, 0.3)), truth(FACE, OTHER), 1, (1, 0.5)),
        (found((FACE, 0.9), (FAR, 0.8)), truth(FACE, ignored=[FAR]), 1, (1, 1)),
        (found((FAR, 0.9), (FACE, 0.8)), truth(FACE, ignored=[[50, 50, 90, 90]]), 1, (1, 1)),
        (found((FAR, 0.9), (FACE, 0.8)), truth(FACE, ignored=[[66, 50, 90, 90]]), 0.5, (0.5, 1)),
    ],
)
def test_known_cases(said, true, ap, precision_recall):
    matches = match([said], [true])

    assert matches.average_precision == pytest.approx(ap)
    assert matches.precision_recall(threshold=0.5) == pytest.approx(precision_recall)


def test_the_better_box_goes_to_the_more_probable_detection():
    shifted = [1, 0, 11, 10]

    matches = match([found((shifted, 0.6), (FACE, 0.9))], [truth(FACE)])

    assert matches.ious.tolist() == [1, 0]
    assert matches.mean_iou(threshold=0.5) == 1


@pytest.mark.parametrize(("min_iou", "ap"), [(0.5, 1), (0.75, 1), (0.85, 0)])
def test_how_close_a_box_must_be_can_be_chosen(min_iou, ap):
    matches = match([found(([1, 0, 11, 10], 0.9))], [truth(FACE)], min_iou=min_iou)  # IoU 9/11

    assert matches.average_precision == ap


@pytest.mark.parametrize(
    ("sides", "n_faces", "recall"), [((0, 10), 0, 0), ((10, 20), 1, 1), ((20, 99), 1, 0)]
)
def test_faces_of_other_sizes_are_ignored(sides, n_faces, recall):
    large = [0, 20, 40, 30]  # a side of 20, the root of its area

    matches = match([found((FACE, 0.9))], [truth(FACE, large).of_sides(*sides)])

    assert matches.n_faces == n_faces
    assert matches.precision_recall(threshold=0.5) == (1, recall)


def test_photos_do_not_lend_each_other_faces():
    matches = match([found((FACE, 0.9)), found()], [truth(), truth(FACE)])

    assert matches.average_precision == 0
    assert matches.n_faces == 1


def test_average_precision_agrees_with_scikit_learns_curve():
    rng = np.random.default_rng(0)
    scores = rng.permutation(200).astype(np.float32) / 200
    right = rng.random(200) < scores
    said = [found((FACE if good else FAR, p)) for good, p in zip(right, scores, strict=True)]
    true = [truth(FACE) if good else truth() for good in right]

    matches = match(said, true)

    precision, recall, _ = precision_recall_curve(right, scores)
    envelope = np.maximum.accumulate(precision)
    expected = -np.sum(np.diff(recall) * envelope[:-1])
    assert matches.average_precision == pytest.approx(expected, abs=1e-6)
