"""Ages in years, and ethnicity beyond what gender and age tell."""

import numpy as np
import pytest

from training.classifier.groups import are_adults, ethnicity_residuals, years


def record(ethnicity="x", gender="male", age="20-29"):
    return {"group": {"ethnicity": ethnicity, "gender": gender, "age": age}}


@pytest.mark.parametrize(
    ("age", "expected"),
    [("0-2", 1.5), ("3-9", 6.5), ("20-29", 25), ("24", 24), ("more than 70", 75)],
)
def test_an_age_group_has_a_middle(age, expected):
    assert years(age) == expected


def test_adults_are_those_from_twenty_on():
    ages = ("3-9", "10-19", "20-29", "more than 70", "18", "20")
    assert are_adults([record(age=age) for age in ages]).tolist() == [0, 0, 1, 1, 0, 1]
    assert are_adults([]).shape == (0,)


def test_ethnicity_that_nothing_else_tells_of_is_left_centered():
    records = [record("x"), record("y"), record("x", "female"), record("y", "female")]
    np.testing.assert_allclose(
        ethnicity_residuals(records), [[0.5, -0.5], [-0.5, 0.5]] * 2, atol=1e-12
    )


def test_ethnicity_that_gender_tells_wholly_leaves_nothing():
    records = [record("x"), record("x"), record("y", "female"), record("y", "female")]
    np.testing.assert_allclose(ethnicity_residuals(records), np.zeros((4, 2)), atol=1e-12)


def test_nobody_has_no_residuals():
    assert ethnicity_residuals([]).shape == (0, 0)
