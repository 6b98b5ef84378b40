"""How well a classifier agrees with people: correlation, ROC AUC, calibration."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import pearsonr
from sklearn.metrics import roc_auc_score

from training.classifier.targets import ScoreScale, is_upper

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


def expected_calibration_error(outcomes: Bools, probabilities: Floats, *, bins: int = 10) -> float:
    """Mean gap between stated and observed frequency, over bins of equal width.

    Guo et al. 2017 (arXiv:1706.04599), equation 3; (N,) each → [0, 1].
    """
    rows = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = [
        abs(float(outcomes[rows == b].mean()) - float(probabilities[rows == b].mean()))
        * float((rows == b).mean())
        for b in range(bins)
        if (rows == b).any()
    ]
    return float(sum(gaps))


def rating_agreement(
    records: Sequence[dict[str, Any]],
    probability: Floats,
    scales: dict[str, ScoreScale],
    upper: str,
) -> dict[str, float]:
    """Agreement with people, for each data set: `NAME_pearson` with the score, `NAME_auc`.

    probability: (N,) of the upper category. The area under the ROC curve is of the upper half
    of the ratings (above the training median) or, where photos were sorted, of `upper`.
    What the photos cannot give is left out: all ratings equal, all photos in one half, no scale
    known from training. The correlation of a constant probability is 0.
    """
    figures = {}
    for name in sorted({record["dataset"] for record in records}):
        rows = [row for row, record in enumerate(records) if record["dataset"] == name]
        mine, said = [records[row] for row in rows], probability[rows]
        sorted_ = all(record["category"] is not None for record in mine)
        if not sorted_ and name not in scales:
            continue
        scores = [0.0 if sorted_ else record["score"] for record in mine]
        if np.ptp(scores) > 0:
            varied = np.ptp(said) > 0
            figures[f"{name}_pearson"] = float(pearsonr(said, scores).statistic) if varied else 0.0
        outcomes = [is_upper(record, scales, upper) for record in mine]
        if len(set(outcomes)) == 2:
            figures[f"{name}_auc"] = float(roc_auc_score(outcomes, said))
    return figures
