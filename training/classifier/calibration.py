"""A logit from any value, by what people said (Platt 1999)."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.floating[Any]]
BARELY_REGULARIZED = 1e6


def platt(values: Floats, shares: Floats, counts: Floats) -> tuple[float, float]:
    """Slope and offset that make a logit of `values`; (N,) each.

    shares: how often the outcome was seen in `counts` observations of each value.
    """
    twice = np.concatenate([values, values])[:, None]
    outcomes = np.repeat([1, 0], len(values))
    weights = np.concatenate([shares * counts, (1 - shares) * counts])
    fitted = LogisticRegression(C=BARELY_REGULARIZED).fit(
        twice, outcomes, sample_weight=weights / weights.mean()
    )
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
