"""Measure the released artifacts on the validation split, and write their model cards.

    python -m training.evaluate --prepared data/prepared --models models
    python -m training.evaluate --prepared data/prepared --models models --write-cards
    python -m training.evaluate --prepared data/large --models models --pair compact

The photos must have been prepared at the size that the pair's localizer takes. What is measured
is what is served: the SavedModels, through their signatures. The tables are Markdown; with
`--write-cards` they replace the figures in each MODEL_CARD.md.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inference_api.vision.spec import ClassifierSpec, read_spec
from training.bootstrap import Rows, interval
from training.cards import Table, group_table, write_figures
from training.data import Split, read_split
from training.detector_tables import detector_tables
from training.export import CLASSIFIER, COMPACT_CLASSIFIER, COMPACT_LOCALIZER, LOCALIZER
from training.metrics import (
    expected_calibration_error,
    localization,
    rating_agreement,
    rowwise_iou,
)
from training.pasted import paste_into_negatives
from training.saved_model import SignatureFunction
from training.targets import ScoreScale, is_upper, score_scales
from training.train_localizer import LOOSE_BOXES, NOT_VALIDATED

PASTING_SEED = 0
PAIRS = {"original": (LOCALIZER, CLASSIFIER), "compact": (COMPACT_LOCALIZER, COMPACT_CLASSIFIER)}

parser = argparse.ArgumentParser(description="Measure the released artifacts.")
parser.add_argument("--prepared", type=Path, required=True, help="what training.prepare wrote")
parser.add_argument("--models", type=Path, default=Path("models"), help="folder of the artifacts")
parser.add_argument("--pair", choices=PAIRS, default="original")
parser.add_argument("--write-cards", action="store_true", help="put the tables into the cards")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print every table; write the cards when asked to."""
    options = parser.parse_args(arguments)
    train, validation = (read_split(options.prepared, split) for split in ("train", "validation"))
    scales = score_scales(train.rated)
    localizer, classifier = PAIRS[options.pair]
    tables_of = detector_tables if options.pair == "compact" else localizer_tables
    for name, tables in (
        (localizer, tables_of(options.models / localizer, validation)),
        (classifier, classifier_tables(options.models / classifier, train, validation, scales)),
    ):
        print(f"\n# {name}\n")
        made = list(tables)
        for table in made:
            print(table.markdown())
        if options.write_cards:
            write_figures(options.models / name / "MODEL_CARD.md", made)


def localizer_tables(artifact: Path, split: Split) -> Iterator[Table]:
    """Whole photos by data set, the same pasted small, negatives, and groups of people."""
    predict, threshold = SignatureFunction(artifact), read_spec(artifact).threshold
    singles, negatives = split.rows(faces=1, without=NOT_VALIDATED), split.rows(faces=0)
    whole = _Located(predict, split.photos[singles], split.boxes_rel_xyxy[singles], threshold)
    pasted_images, pasted_boxes = paste_into_negatives(split, singles, seed=PASTING_SEED)
    pasted = _Located(predict, pasted_images, pasted_boxes, threshold)
    empty = _Located(
        predict, split.photos[negatives], np.zeros((len(negatives), 4), np.float32), threshold
    )
    datasets = np.array([split.records[row]["dataset"] for row in singles])
    table = Table("Single faces", ("photos", "n", "mean IoU", "recall at IoU ≥ 0.5"))
    for name in sorted(set(datasets)):
        table.add(name, *whole.figures(np.flatnonzero(datasets == name)))
    table.add("all, as they are", *whole.figures())
    table.add("all, pasted at 20–50 % of the side into negatives", *pasted.figures())
    yield table
    found = np.concatenate([whole.called, ~empty.called])
    table = Table("Face or no face", ("photos", "n", "accuracy"))
    table.add("single faces and negatives", len(found), f"{found.mean():.4f}")
    table.add("negatives alone", len(empty.called), f"{(~empty.called).mean():.4f}")
    yield table
    others = split.rows(faces=1, without=LOOSE_BOXES)
    all_singles = _Located(predict, split.photos[others], split.boxes_rel_xyxy[others], threshold)
    yield group_table(
        "By group (all single faces)",
        [split.records[row] for row in others],
        {"mean IoU": lambda rows: all_singles.ious[rows].mean(),
         "recall at IoU ≥ 0.5": lambda rows: all_singles.found[rows].mean()},
    )  # fmt: skip


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


class _Located:
    """What the localizer says of N photos that hold one face each (or none: a zero box)."""

    def __init__(
        self, predict: SignatureFunction, images: Any, boxes: Any, threshold: float
    ) -> None:
        said = predict(np.asarray(images))
        self.ious = rowwise_iou(said["box_rel_xyxy"], boxes)
        self.probability = said["face_probability"][:, 0]
        self.called = self.probability >= threshold
        self.found = self.called & (self.ious >= 0.5)
        self.threshold = threshold

    def figures(self, rows: Rows | None = None) -> tuple[int, str, str]:
        """Photos, mean IoU and recall, as a table has them."""
        chosen = np.arange(len(self.ious)) if rows is None else rows
        result = localization(
            is_face=np.ones(len(chosen), bool), face_probability=self.probability[chosen],
            ious=self.ious[chosen], threshold=self.threshold,
        )  # fmt: skip
        return len(chosen), f"{result.mean_iou:.3f}", f"{100 * result.recall:.1f} %"


def _three(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.3f}"


def _pearson(pairs: npt.NDArray[Any], rows: Rows) -> float:
    return float(np.corrcoef(pairs[rows].T)[0, 1])


if __name__ == "__main__":
    main()
