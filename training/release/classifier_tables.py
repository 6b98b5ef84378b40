"""The tables of a released classifier's model card."""

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inference_api.vision.spec import ClassifierSpec, read_spec
from training.classifier.metrics import expected_calibration_error, rating_agreement
from training.classifier.targets import ScoreScale, is_upper
from training.dataset.prepared import Split
from training.release.bootstrap import Rows, interval
from training.release.cards import Table, group_table
from training.release.saved_model import SignatureFunction


def classifier_tables(
    artifact: Path, train: Split, validation: Split, scales: dict[str, ScoreScale]
) -> Iterator[Table]:
    """Agreement with people beside what guessing and a second panel reach; calibration."""
    spec = read_spec(artifact)
    assert isinstance(spec, ClassifierSpec)  # noqa: S101  (narrows the type; the folder says so)
    made, needed = _crops(validation), (spec.input_size, spec.crop_margin)
    if made != needed:
        sys.exit(f"crops of (pixels, margin) {made} were prepared; {spec.name} takes {needed}")
    records, upper = validation.rated, spec.labels.upper
    probability = SignatureFunction(artifact)(np.asarray(validation.crops))["probability"][:, 0]
    outcomes = np.array([is_upper(record, scales, upper) for record in records])
    correct = (probability >= spec.threshold) == outcomes
    figures = rating_agreement(records, probability, scales, upper)
    noise = rater_agreement([*train.rated, *validation.rated])
    columns = ("photos", "n", "Pearson", "95 %", "raters with raters", "ROC AUC", "accuracy",
               "majority", "ECE")  # fmt: skip
    table = Table("Agreement with people", columns)
    for name in sorted({record["dataset"] for record in records}):
        rows = np.array([row for row, r in enumerate(records) if r["dataset"] == name])
        pearson, bounds = figures.get(f"{name}_pearson"), "–"
        if pearson is not None:
            pairs = np.array([[records[row]["score"], probability[row]] for row in rows])
            low, high = interval(partial(_pearson, pairs), len(rows))
            bounds = f"{low:.3f}–{high:.3f}"
        share = outcomes[rows].mean()
        table.add(
            name, len(rows), _three(pearson), bounds,
            noise.get(name, "not known"), _three(figures.get(f"{name}_auc")),
            f"{correct[rows].mean():.3f}", f"{max(share, 1 - share):.3f}",
            f"{expected_calibration_error(outcomes[rows], probability[rows]):.3f}",
        )  # fmt: skip
    yield table
    yield group_table(
        "By group",
        records,
        {"in the upper half, people": lambda rows: outcomes[rows].mean(),
         "mean probability, network": lambda rows: probability[rows].mean(),
         "error rate": lambda rows: 1 - correct[rows].mean(),
         "ECE": lambda rows: expected_calibration_error(outcomes[rows], probability[rows])},
    )  # fmt: skip


def _crops(split: Split) -> tuple[int, float]:
    """Side in pixels and margin of the crops."""
    return split.crops.shape[1], split.crop_margin


def rater_agreement(records: Sequence[dict[str, Any]]) -> dict[str, str]:
    """For each data set, how well two ratings of the same photo agree, where it has such pairs."""
    groups: dict[tuple[str, str], list[float]] = {}
    for record in records:
        if record["duplicate_group"] is not None and record["score"] is not None:
            key = record["dataset"], record["duplicate_group"]
            groups.setdefault(key, []).append(record["score"])
    texts = {}
    for name in {dataset for dataset, _ in groups}:
        pairs = np.array([
            pair for (dataset, _), scores in groups.items() if dataset == name
            for a, b in combinations(scores, 2) for pair in ((a, b), (b, a))
        ])  # fmt: skip
        if len(pairs):
            agreement = np.corrcoef(pairs.T)[0, 1]
            texts[name] = f"{agreement:.3f} ({len(pairs) // 2} photos rated twice)"
    return texts


def _three(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.3f}"


def _pearson(pairs: npt.NDArray[Any], rows: Rows) -> float:
    return float(np.corrcoef(pairs[rows].T)[0, 1])
