"""Figures against oracles that count one by one."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.calibration import calibration_curve

from training.classifier.metrics import (
    brier_score,
    correlation,
    expected_calibration_error,
    rating_agreement,
    upper_shares,
    within_groups,
)
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

    figures = rating_agreement(records, said, {("a", None): ScoreScale(0.1, 1)}, "Sexy")

    assert figures == {
        "a_pearson": pytest.approx(np.corrcoef(norm.cdf(scores - 0.1), said[:40])[0, 1]),
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

    figures = rating_agreement(records, said, {("a", None): ScoreScale(2, 1)}, "Sexy")

    assert set(figures) == left
    assert np.isfinite(list(figures.values())).all()


def test_a_constant_probability_agrees_with_nobody():
    records = rated([1, 2, 3, 4])

    scales = {("a", None): ScoreScale(2, 1)}
    assert rating_agreement(records, np.full(4, 0.5), scales, "Sexy") == {
        "a_pearson": 0,
        "a_auc": 0.5,
    }


def test_a_share_of_many_ratings_is_as_many_outcomes():
    """Photos with their counts weigh as much as each of their ratings by itself."""
    shares, stated = np.array([0.75, 0.2]), np.array([0.6, 0.5])
    single = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0.0])
    each = np.repeat(stated, [4, 5])
    counts = np.array([4, 5])

    assert brier_score(shares, stated, counts) == pytest.approx(np.mean((single - each) ** 2))
    assert expected_calibration_error(shares, stated, counts) == pytest.approx(
        expected_calibration_error(single, each)
    )


def of(ethnicity, gender="female"):
    return {"group": {"ethnicity": ethnicity, "gender": gender}}


def test_within_groups_what_they_share_is_gone():
    records = [of("x"), of("x"), of("x", "male"), of("y")]
    left = within_groups(np.array([1.0, 3, 7, 9]), records, "ethnicity", "gender")
    assert left.tolist() == [-1, 1, 0, 0]


def test_shares_are_above_the_common_median_or_a_cut():
    records = [of("x"), of("x"), of("y"), of("y")]
    probability = np.array([0.1, 0.3, 0.2, 0.4])
    assert upper_shares(probability, records) == {"x": 0.5, "y": 0.5}
    assert upper_shares(probability, records, cut=0.15) == {"x": 0.5, "y": 1}


def test_what_does_not_vary_correlates_with_nothing():
    assert correlation(np.zeros(3), np.arange(3.0)) == 0
    assert correlation(np.arange(3.0), -np.arange(3.0)) == pytest.approx(-1)
