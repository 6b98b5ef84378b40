"""From human ratings to what the classifier is taught.

The two categories are the upper and the lower half of a data set's ratings. Near the middle the
halves differ by less than two raters do, so the target is not 0 or 1 but a probability that
rises with the score.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ScoreScale:
    """Where a data set's own scale has its middle and how wide it is, from training photos."""

    median: float
    deviation: float

    def standardize(self, score: float) -> float:
        """The score in deviations above the median."""
        return (score - self.median) / self.deviation


def score_scales(records: Sequence[dict[str, Any]]) -> dict[str, ScoreScale]:
    """The scale of each data set that has ratings; scales are never pooled raw."""
    scores: dict[str, list[float]] = {}
    for record in records:
        if record["score"] is not None:
            scores.setdefault(record["dataset"], []).append(record["score"])
    return {
        name: ScoreScale(float(np.median(values)), float(np.std(values)) or 1.0)
        for name, values in scores.items()
    }


def target_probability(record: dict[str, Any], scales: dict[str, ScoreScale], upper: str) -> float:
    """What the classifier should say of a photo: 0 or 1 if it was sorted, between if rated.

    A rated photo has the normal distribution function of its standardized score: 0.5 at the
    median, 0.84 one deviation above.
    """
    if record["category"] is not None:
        return float(record["category"] == upper)
    z = scales[record["dataset"]].standardize(record["score"])
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))


def is_upper(record: dict[str, Any], scales: dict[str, ScoreScale], upper: str) -> bool:
    """Whether people put the photo into the upper category: above the median, or sorted so."""
    if record["category"] is not None:
        return bool(record["category"] == upper)
    return bool(record["score"] > scales[record["dataset"]].median)
