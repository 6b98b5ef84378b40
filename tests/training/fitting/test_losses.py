"""The losses against NumPy, on whatever Keras runs on."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.fitting.losses import (
    GIOU_WEIGHT,
    L1_WEIGHT,
    BoxLoss,
    FairCrossEntropy,
    generalized_iou,
)

UNIT = [0.0, 0.0, 0.5, 0.5]


def random_boxes(n, seed):
    rng = np.random.default_rng(seed)
    corners = np.sort(rng.uniform(size=(n, 2, 2)), axis=1)
    return corners.reshape(n, 4).astype(np.float32)


def numpy_giou(a, b):
    """Rezatofighi et al., algorithm 1, one box after another."""
    values = []
    for p, q in zip(a.astype(float), b.astype(float), strict=True):
        inner = [min(p[i + 2], q[i + 2]) - max(p[i], q[i]) for i in (0, 1)]
        common = inner[0] * inner[1] if min(inner) > 0 else 0.0
        areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (p, q)]
        union = sum(areas) - common
        hull = np.prod([max(p[i + 2], q[i + 2]) - min(p[i], q[i]) for i in (0, 1)])
        values.append(common / union - (hull - union) / hull)
    return np.array(values)


def as_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize(
    ("other", "giou"),
    [
        (UNIT, 1),
        ([0.0, 0.0, 0.25, 0.5], 0.5),
        ([0.5, 0.0, 1.0, 0.5], 0),  # side by side
        ([0.5, 0.5, 1.0, 1.0], -0.5),  # corner to corner: half of the hull is empty
    ],
)
def test_generalized_iou_of_known_pairs(other, giou):
    pair = np.array([UNIT], np.float32), np.array([other], np.float32)

    assert as_numpy(generalized_iou(*pair)) == pytest.approx(giou, abs=1e-5)


@given(st.integers(1, 20), st.integers(0, 1000))
def test_generalized_iou_agrees_with_numpy(n, seed):
    a, b = random_boxes(n, seed), random_boxes(n, seed + 1)

    np.testing.assert_allclose(as_numpy(generalized_iou(a, b)), numpy_giou(a, b), atol=2e-3)


def test_the_loss_is_the_mean_over_the_boxes_of_both_parts():
    true, said = random_boxes(30, 1), random_boxes(30, 2)

    each = GIOU_WEIGHT * (1 - numpy_giou(true, said)) + L1_WEIGHT * np.abs(true - said).mean(1)
    assert as_numpy(BoxLoss()(true, said)) == pytest.approx(each.mean(), abs=1e-3)


def test_photos_without_a_face_change_nothing():
    true, said = random_boxes(6, 1), random_boxes(6, 2)
    weights = np.array([1, 0, 1, 0, 0, 1], np.float32)
    other = np.where(weights[:, None] > 0, said, random_boxes(6, 3))
    faces = weights > 0

    loss = as_numpy(BoxLoss()(true, said, sample_weight=weights))

    assert loss == pytest.approx(as_numpy(BoxLoss()(true[faces], said[faces])))
    assert loss == pytest.approx(as_numpy(BoxLoss()(true, other, sample_weight=weights)))
    assert loss != pytest.approx(as_numpy(BoxLoss()(true, other)))


def test_a_batch_without_any_face_costs_nothing():
    boxes = random_boxes(4, 1)

    loss = BoxLoss()(np.zeros((4, 4), np.float32), boxes, sample_weight=np.zeros(4, np.float32))

    assert as_numpy(loss) == 0


@pytest.mark.parametrize("said", [[0.5, 0.5, 0.5, 0.5], [0.9, 0.9, 0.1, 0.1], [0, 0, 0, 0]])
def test_an_empty_or_inverted_box_has_a_finite_cost_above_a_right_one(said):
    true = np.array([UNIT], np.float32)

    cost = as_numpy(BoxLoss()(true, np.array([said], np.float32)))

    assert np.isfinite(cost)
    assert cost > as_numpy(BoxLoss()(true, true)) + 1


def test_training_with_the_mask_never_moves_a_negatives_box():
    """Only the second photo holds a face: the network's answer to the first has no gradient."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4, use_bias=False)])
    model.set_weights([np.full((2, 4), 0.5, np.float32)])
    model.compile(keras.optimizers.SGD(0.1), loss=BoxLoss())
    photos = np.eye(2, dtype=np.float32)
    true = np.array([[0.9, 0.1, 0.9, 0.1], [0.1, 0.2, 0.8, 0.9]], np.float32)

    model.train_on_batch(photos, true, sample_weight=np.array([0, 1], np.float32))

    (kernel,) = model.get_weights()
    np.testing.assert_array_equal(kernel[0], np.full(4, 0.5, np.float32))
    assert not np.array_equal(kernel[1], np.full(4, 0.5, np.float32))


def test_the_loss_comes_back_from_its_configuration():
    loss = keras.losses.deserialize(keras.losses.serialize(BoxLoss(name="mine")))

    assert isinstance(loss, BoxLoss)
    assert loss.name == "mine"


RATED = np.array([[1, 1, 0, 0], [0.5, 3, 0, 0]], np.float32)  # target, weight, no ethnicity
OTHERS = np.array([[0, 0, 0.5, -0.5], [0, 0, -0.5, 0.5]], np.float32)


def test_fair_cross_entropy_of_rated_faces_is_their_weighted_mean():
    said = np.array([[0.8], [0.3]], np.float32)
    expected = (-np.log(0.8) - 3 * (0.5 * np.log(0.3) + 0.5 * np.log(0.7))) / 4
    assert as_numpy(FairCrossEntropy(30.0).call(RATED, said)) == pytest.approx(expected, rel=1e-5)


def test_fair_cross_entropy_of_others_is_how_far_their_logits_follow_ethnicity():
    even, odd = np.array([[0.7], [0.7]], np.float32), np.array([[0.5], [0.8]], np.float32)
    assert as_numpy(FairCrossEntropy(30.0).call(OTHERS, even)) == pytest.approx(0, abs=1e-6)
    covariance = np.log(4) / 4  # logits 0 and log 4, half a deviation each: (−½·½ − ½·½)·log 4 / 2
    expected = 30 * 2 * covariance**2
    assert as_numpy(FairCrossEntropy(30.0).call(OTHERS, odd)) == pytest.approx(expected, rel=1e-5)


def test_fair_cross_entropy_keeps_both_kinds_of_faces_apart():
    loss, said = FairCrossEntropy(30.0), np.array([[0.8], [0.3], [0.5], [0.8]], np.float32)
    together = as_numpy(loss.call(np.concatenate([RATED, OTHERS]), said))
    apart = as_numpy(loss.call(RATED, said[:2])) + as_numpy(loss.call(OTHERS, said[2:]))
    assert together == pytest.approx(apart, rel=1e-5)
