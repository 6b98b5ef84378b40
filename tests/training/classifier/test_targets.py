"""From ratings to targets."""

import numpy as np
import pytest
from scipy.stats import norm

from training.classifier.targets import ScoreScale, is_upper, score_scales, target_probability


def rated(score, dataset="a"):
    return {"dataset": dataset, "score": score, "category": None}


def sorted_into(category):
    return {"dataset": "a", "score": None, "category": category}


def test_no_ratings_have_no_scale():
    assert score_scales([]) == score_scales([sorted_into("Sexy")]) == {}


def test_each_data_set_has_its_own_scale():
    records = [*(rated(s) for s in (1, 2, 9)), *(rated(s, "b") for s in (50, 70)), rated(None)]

    assert score_scales(records) == {
        "a": ScoreScale(2, pytest.approx(np.std([1, 2, 9]))),
        "b": ScoreScale(60, 10),
    }


def test_equal_ratings_are_all_in_the_middle():
    assert target_probability(rated(4), score_scales([rated(4)] * 3), "Sexy") == 0.5


@pytest.mark.parametrize("score", [-5, 1, 4, 5, 6.5, 20])
def test_a_rated_photos_target_is_the_normal_distribution_function(score):
    scales = {"a": ScoreScale(4, 2)}

    expected = norm.cdf(score, loc=4, scale=2)
    assert target_probability(rated(score), scales, "Sexy") == pytest.approx(expected)
    assert is_upper(rated(score), scales, "Sexy") is bool(expected > 0.5)


@pytest.mark.parametrize(("category", "target"), [("Sexy", 1), ("Ugly", 0)])
def test_a_sorted_photos_target_is_where_it_was_put(category, target):
    assert target_probability(sorted_into(category), {}, "Sexy") == target
    assert is_upper(sorted_into(category), {}, "Sexy") is bool(target)
