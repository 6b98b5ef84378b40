"""Ridge heads: against scikit-learn's, and what each penalty does."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from training.classifier.heads import Head, Penalties, fit_head


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_a_head_without_further_penalties_is_a_ridge_regression(rng):
    features, weights = rng.normal(2, 3, (60, 5)), rng.uniform(0.1, 1, 60)
    targets = features @ [1.0, -2, 0, 0.5, 3] + rng.normal(0, 1, 60)
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    theirs = Ridge(alpha=0.3 * weights.sum()).fit(
        (features - mean) / deviation, targets, sample_weight=weights
    )

    ours = fit_head(features[:, None], targets, weights, Penalties(ridge=0.3))

    expected = theirs.predict((features - mean) / deviation)
    np.testing.assert_allclose(ours(features), expected, atol=1e-4)


def test_what_differs_between_views_of_one_face_is_used_less(rng):
    faces = rng.normal(0, 1, (200, 1))
    steady = np.repeat(faces[:, None], 4, axis=1)
    wobbly = steady + rng.normal(0, 1, (200, 4, 1))
    views = np.concatenate([steady + rng.normal(0, 0.3, (200, 1, 1)), wobbly], axis=2)
    targets, weights = faces[:, 0], np.ones(200)

    free, held = (
        fit_head(views, targets, weights, Penalties(0.01, wobble=wobble)) for wobble in (0, 100)
    )

    assert abs(held.kernel[1]) < 0.2 * abs(free.kernel[1])
    assert held.kernel[0] > 0.8


def test_a_direction_that_follows_ethnicity_is_used_less(rng):
    features = rng.normal(0, 1, (300, 2))
    targets, weights = features.sum(axis=1), np.ones(300)
    ethnicity = np.repeat([0.5, -0.5], 50)[:, None]
    references = np.concatenate([4 * ethnicity, rng.normal(0, 1, (100, 1))], axis=1)

    free, fair = (
        fit_head(
            features[:, None], targets, weights,
            Penalties(0.01, bias=bias, residuals=ethnicity, references=references),
        )
        for bias in (0, 300)
    )  # fmt: skip

    def gap(head):
        said = head(references)
        return said[:50].mean() - said[50:].mean()

    assert gap(free) > 3
    assert abs(gap(fair)) < 0.1
    assert fair.kernel[1] == pytest.approx(1, abs=0.1)


def test_a_head_can_be_put_on_another_scale():
    head = Head(np.array([1.0, 2.0]), 3.0)
    ones = np.ones((1, 2))
    assert head(ones).tolist() == [6]
    assert head.scaled(2, -1)(ones).tolist() == [11]
