"""Figures against oracles that count one by one."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from inference_api.vision.boxes import iou
from training.metrics import (
    expected_calibration_error,
    localization,
    rating_agreement,
    rowwise_iou,
)
from training.targets import ScoreScale

RNG = np.random.default_rng(0)
corner_lists = st.lists(st.tuples(*[st.integers(0, 12)] * 4), max_size=8)


def boxes(corners):
    """Ordered float32 boxes (N, 4) of any corners, empty ones among them."""
    array = np.array(corners, np.float32).reshape(-1, 4)
    return np.concatenate([array.reshape(-1, 2, 2).min(1), array.reshape(-1, 2, 2).max(1)], axis=1)


def counted_iou(a, b):
    """IoU by counting the unit squares in either box and in both."""

    def cells(box):
        left, top, right, bottom = map(int, box)
        return set(product(range(left, right), range(top, bottom)))

    union = cells(a) | cells(b)
    return len(cells(a) & cells(b)) / len(union) if union else 0.0


@given(corner_lists)
def test_iou_is_the_share_of_common_cells(corners):
    a = boxes(corners)
    b = a[::-1]

    ious = rowwise_iou(a, b)

    np.testing.assert_allclose(ious, [counted_iou(x, y) for x, y in zip(a, b, strict=True)],
                               atol=1e-6)  # fmt: skip
    np.testing.assert_allclose(ious, np.diag(iou(a, b)), atol=1e-6)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1), st.floats(0, 1)), min_size=1))
def test_localization_counts_faces_found_and_photos_called_right(photos):
    is_face, probability, ious = (np.array(column) for column in zip(*photos, strict=True))

    result = localization(is_face=is_face, face_probability=probability, ious=ious)

    faces = [photo for photo in photos if photo[0]]
    right = sum((p >= 0.5) == face for face, p, _ in photos)
    assert result.accuracy == pytest.approx(right / len(photos))
    if faces:
        found = sum(p >= 0.5 and i >= 0.5 for _, p, i in faces)
        assert result.recall == pytest.approx(found / len(faces))
        assert result.mean_iou == pytest.approx(sum(i for _, _, i in faces) / len(faces))
    else:
        assert np.isnan(result.recall)
        assert np.isnan(result.mean_iou)


def test_the_threshold_decides_what_is_called_a_face():
    arguments = {
        "is_face": np.array([True, True]),
        "face_probability": np.array([0.3, 0.7]),
        "ious": np.array([0.9, 0.9]),
    }

    assert [localization(**arguments, threshold=t).recall for t in (0.2, 0.5, 0.8)] == [1, 0.5, 0]


def test_calibration_error_agrees_with_the_curve_of_scikit_learn():
    probability = RNG.uniform(size=500) ** 2
    outcomes = RNG.uniform(size=500) < probability**1.5

    observed, stated = calibration_curve(outcomes, probability, n_bins=10)
    counts = np.histogram(probability, bins=10, range=(0, 1))[0]
    expected = np.sum(np.abs(observed - stated) * counts[counts > 0]) / 500

    assert expected > 0.05
    assert expected_calibration_error(outcomes, probability) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("outcome", "stated", "error"), [(True, 1.0, 0), (True, 0.0, 1), (False, 0.25, 0.25)]
)
def test_calibration_error_of_one_statement(outcome, stated, error):
    outcomes, stated = np.array([outcome] * 4), np.array([stated] * 4)

    assert expected_calibration_error(outcomes, stated) == pytest.approx(error)


def rated(scores, dataset="a"):
    return [{"dataset": dataset, "score": score, "category": None} for score in scores]


def sorted_into(categories, dataset="s"):
    return [{"dataset": dataset, "score": None, "category": name} for name in categories]


def counted_auc(said, upper):
    """How often the probability of an upper photo is above that of a lower one."""
    pairs = [(a > b) + (a == b) / 2 for a in said[upper] for b in said[~upper]]
    return sum(pairs) / len(pairs)


def test_agreement_is_correlation_and_ranking_by_data_set():
    scores, said = RNG.normal(size=40), RNG.uniform(size=50).round(1)
    categories = ["Sexy"] * 4 + ["Ugly"] * 6
    records = [*rated(scores), *sorted_into(categories)]

    figures = rating_agreement(records, said, {"a": ScoreScale(0.1, 1)}, "Sexy")

    assert figures == {
        "a_pearson": pytest.approx(np.corrcoef(scores, said[:40])[0, 1]),
        "a_auc": pytest.approx(counted_auc(said[:40], scores > 0.1)),
        "s_auc": pytest.approx(counted_auc(said[40:], np.array(categories) == "Sexy")),
    }


@pytest.mark.parametrize(
    ("records", "left"),
    [
        ([], set()),
        (rated([3]), set()),
        (rated([3, 3]), set()),
        (rated([3, 4]), {"a_pearson"}),
        (rated([1, 4]), {"a_pearson", "a_auc"}),
        (rated([1, 4], "unknown"), set()),
        (sorted_into(["Sexy"]), set()),
        (sorted_into(["Sexy", "Ugly"]), {"s_auc"}),
    ],
)
def test_a_figure_that_the_photos_cannot_give_is_left_out(records, left):
    said = np.linspace(0.2, 0.8, len(records))

    figures = rating_agreement(records, said, {"a": ScoreScale(2, 1)}, "Sexy")

    assert set(figures) == left
    assert np.isfinite(list(figures.values())).all()


def test_a_constant_probability_agrees_with_nobody():
    records = rated([1, 2, 3, 4])

    assert rating_agreement(records, np.full(4, 0.5), {"a": ScoreScale(2, 1)}, "Sexy") == {
        "a_pearson": 0,
        "a_auc": 0.5,
    }
