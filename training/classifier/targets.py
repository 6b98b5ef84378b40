"""From human ratings to what the classifier is taught.

The probability that a random rater of the panel puts this photo in the upper half of the faces of
the same ethnic group that they rated, women and men counting equally. Where single ratings are
known it is their share (`training.dataset.ratings`); where only means are, it rises with the mean
among those of the ethnic group. A photo that was sorted into a class folder says 0 or 1.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
SHRINKING_RATINGS = 8  # a share of so many ratings counts half as much as one of very many
Panel = tuple[str, str | None]
"""A data set, and an ethnic group in it where they are known."""


@dataclass(frozen=True, slots=True)
class ScoreScale:
    """Where a panel's mean ratings have their middle and how wide they are, of training photos."""

    middle: float
    deviation: float

    def standardize(self, score: float) -> float:
        """The score in deviations above the middle."""
        return (score - self.middle) / self.deviation


def panel_of(record: Mapping[str, Any]) -> Panel:
    """Whose scale the record's mean rating is on."""
    return record["dataset"], (record.get("group") or {}).get("ethnicity")


def score_scales(records: Sequence[dict[str, Any]]) -> dict[Panel, ScoreScale]:
    """The scale of each panel that has ratings, genders counting equally; never pooled raw."""
    scores: dict[Panel, dict[str | None, list[float]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        if record["score"] is not None:
            gender = (record.get("group") or {}).get("gender")
            scores[panel_of(record)][gender].append(record["score"])
    return {panel: _scale([*by_gender.values()]) for panel, by_gender in scores.items()}


def _scale(by_gender: Sequence[Sequence[float]]) -> ScoreScale:
    middle = float(np.mean([np.mean(own) for own in by_gender]))
    spread = np.mean([np.mean((np.array(own) - middle) ** 2) for own in by_gender])
    return ScoreScale(middle, float(np.sqrt(spread)) or 1.0)


def target_probability(
    record: dict[str, Any], scales: Mapping[Panel, ScoreScale], upper: str
) -> float:
    """What the classifier should say of a photo: 0 or 1 if it was sorted, between if rated.

    Without single ratings it is the normal distribution function of the standardized mean: 0.5
    in the middle, 0.84 one deviation above. Of a panel unknown in training, 0.5.
    """
    if record["category"] is not None:
        return float(record["category"] == upper)
    if record.get("upper_share") is not None:
        return float(record["upper_share"])
    scale = scales.get(panel_of(record))
    return 0.5 * (1 + math.erf(scale.standardize(record["score"]) / math.sqrt(2))) if scale else 0.5


def target_weight(record: dict[str, Any]) -> float:
    """How much a photo's target counts: n / (n + 8) of n single ratings, 1 where none are known.

    >>> target_weight({"n_ratings": 8}), target_weight({"n_ratings": 0})
    (0.5, 1.0)
    """
    n = record.get("n_ratings") or 0
    return float(n / (n + SHRINKING_RATINGS)) if n else 1.0
