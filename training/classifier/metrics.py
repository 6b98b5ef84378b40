"""How well a classifier agrees with people, is calibrated, stays itself, and treats groups."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import pearsonr
from sklearn.metrics import roc_auc_score

from training.classifier.targets import Panel, ScoreScale, target_probability

Floats = npt.NDArray[np.floating[Any]]


def brier_score(shares: Floats, probabilities: Floats, counts: Floats) -> float:
    """Mean squared error of probabilities for single ratings, (N,) each.

    shares: of a photo's `counts` ratings those in the upper half; a rating that lies on both
    sides of the middle is a coin.

    >>> brier_score(np.array([1.0, 0.5]), np.array([1.0, 0.5]), np.array([10, 10]))
    0.125
    """
    errors = shares * (1 - probabilities) ** 2 + (1 - shares) * probabilities**2
    return float(np.average(errors, weights=counts))


def expected_calibration_error(
    shares: Floats, probabilities: Floats, counts: Floats | None = None, *, bins: int = 10
) -> float:
    """Mean gap between stated and observed frequency, over bins of equal width.

    Guo et al. 2017 (arXiv:1706.04599), equation 3; (N,) each → [0, 1]. shares: how often the
    outcome was seen in `counts` observations (one each when left out).
    """
    weights = np.ones(len(shares)) if counts is None else np.asarray(counts, float)
    rows = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = [
        abs(float(np.sum(((shares - probabilities) * weights)[rows == b]))) for b in range(bins)
    ]
    return float(sum(gaps) / weights.sum())


def within_groups(values: Floats, records: Sequence[dict[str, Any]], *kinds: str) -> Floats:
    """Each value (N,) less the mean of its group, of all the kinds together."""
    left = np.asarray(values, float).copy()
    keys = [tuple(record["group"].get(kind) for kind in kinds) for record in records]
    for key in set(keys):
        rows = [row for row, own in enumerate(keys) if own == key]
        left[rows] -= left[rows].mean()
    return left


def correlation(first: Floats, second: Floats) -> float:
    """Pearson's; 0 where one of them does not vary."""
    varied = np.ptp(first) > 0 and np.ptp(second) > 0
    return float(pearsonr(first, second).statistic) if varied else 0.0


def rating_agreement(
    records: Sequence[dict[str, Any]],
    probability: Floats,
    scales: Mapping[Panel, ScoreScale],
    upper: str,
) -> dict[str, float]:
    """Agreement with people, for each data set: `NAME_pearson` with the target, `NAME_auc`.

    probability: (N,) of the upper category. The area under the ROC curve is of targets above one
    half. What the photos cannot give is left out: all targets equal, all photos in one half.
    """
    figures = {}
    targets = np.array([target_probability(record, scales, upper) for record in records])
    for name in sorted({record["dataset"] for record in records}):
        rows = [row for row, record in enumerate(records) if record["dataset"] == name]
        people, network = targets[rows], np.asarray(probability)[rows]
        sorted_ = all(records[row]["category"] is not None for row in rows)
        if np.ptp(people) > 0 and not sorted_:
            figures[f"{name}_pearson"] = correlation(network, people)
        if len(set(people > 0.5)) == 2:
            figures[f"{name}_auc"] = float(roc_auc_score(people > 0.5, network))
    return figures


def upper_shares(
    probability: Floats, records: Sequence[dict[str, Any]], *, cut: float | None = None
) -> dict[str, float]:
    """The share of each ethnicity's faces above the cut, or above the common median."""
    above = probability > (np.median(probability) if cut is None else cut)
    ethnicities = np.array([record["group"]["ethnicity"] for record in records])
    return {name: float(above[ethnicities == name].mean()) for name in sorted(set(ethnicities))}
