"""Figures against oracles that count one by one."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from training.classifier.metrics import expected_calibration_error, rating_agreement
from training.classifier.targets import ScoreScale

RNG = np.random.default_rng(0)


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
