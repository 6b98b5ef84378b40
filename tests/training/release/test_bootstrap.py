"""Intervals against the distributions that they come from."""

import numpy as np
import pytest
from scipy.stats import binom

from training.release.bootstrap import interval


def test_no_photos_have_no_interval():
    assert np.isnan(interval(lambda rows: 1.0, 0)).all()


@pytest.mark.parametrize("n", [1, 2, 50])
def test_what_is_the_same_for_every_photo_has_no_width(n):
    assert interval(lambda rows: 0.25, n) == (0.25, 0.25)


@pytest.mark.parametrize(("right", "n"), [(500, 1000), (900, 1000), (100, 1000)])
def test_a_share_has_the_interval_of_the_binomial_distribution(right, n):
    """Drawing n of n photos anew, those that are right are binomially many."""
    outcomes = np.arange(n) < right
    low, high = interval(lambda rows: float(outcomes[rows].mean()), n)
    expected = binom.ppf([0.025, 0.975], n, right / n) / n
    np.testing.assert_allclose([low, high], expected, atol=0.06 * np.ptp(expected))


def test_every_photo_can_be_drawn_and_some_more_than_once():
    drawn = []
    interval(lambda rows: float(drawn.append(np.array(rows)) or 0), 5)
    assert {len(rows) for rows in drawn} == {5}
    assert set(np.concatenate(drawn)) == set(range(5))
    assert any(len(set(rows)) < 5 for rows in drawn)


def test_resamples_without_a_figure_are_left_out():
    low, high = interval(lambda rows: float("nan") if 0 in rows else 2.0, 4)
    assert (low, high) == (2, 2)


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(0).normal(size=30)

    def figure(rows):
        return float(values[rows].mean())

    assert interval(figure, 30) == interval(figure, 30)
    assert interval(figure, 30) != interval(figure, 30, seed=1)
