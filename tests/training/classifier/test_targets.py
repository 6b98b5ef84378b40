"""What a classifier is taught of a photo, and how much it counts."""

import pytest

from training.classifier.targets import (
    ScoreScale,
    score_scales,
    target_probability,
    target_weight,
)


def record(score=None, **fields):
    known = {"dataset": "mine", "score": score, "category": None, "group": {}}
    return known | fields


def of(ethnicity, gender):
    return {"group": {"ethnicity": ethnicity, "gender": gender}}


SCALES = {("mine", None): ScoreScale(3.0, 2.0), ("mine", "x"): ScoreScale(7.0, 1.0)}


@pytest.mark.parametrize(
    ("given", "probability"),
    [
        (record(category="Sexy"), 1),
        (record(category="Ugly"), 0),
        (record(3.0), 0.5),
        (record(5.0), 0.841345),  # the normal distribution's share below +1
        (record(6.0, group={"ethnicity": "x"}), 0.158655),
        (record(6.0, group={"ethnicity": "unseen"}), 0.5),
        (record(9.0, upper_share=0.25), 0.25),  # single ratings say more than their mean
        (record(9.0, upper_share=0.0), 0),
    ],
)
def test_what_people_said_becomes_a_probability(given, probability):
    assert target_probability(given, SCALES, "Sexy") == pytest.approx(probability, abs=1e-6)


def test_each_ethnic_group_of_a_data_set_has_its_own_scale():
    records = [record(float(s), **of(e, "male")) for e, s in (("x", 1), ("x", 3), ("y", 8))]
    scales = score_scales(records)
    assert scales["mine", "x"] == ScoreScale(2.0, 1.0)
    assert scales["mine", "y"] == ScoreScale(8.0, 1.0)  # without a width, one is taken


def test_women_and_men_count_equally_in_a_scale():
    women = [record(10.0, **of("x", "female"))] * 3
    scale = score_scales([*women, record(0.0, **of("x", "male"))])["mine", "x"]
    assert scale == ScoreScale(5.0, 5.0)


@pytest.mark.parametrize(("n", "weight"), [(0, 1), (2, 0.2), (8, 0.5), (72, 0.9)])
def test_a_share_of_few_ratings_counts_less(n, weight):
    assert target_weight({"n_ratings": n}) == pytest.approx(weight)
    assert target_weight({}) == 1
