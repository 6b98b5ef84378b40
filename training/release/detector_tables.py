"""The tables of a released detector's model card."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from inference_api.vision.spec import read_spec
from training.dataset.matching import MATCH_IOU, MIN_CROWD_FACE
from training.dataset.prepared import Split
from training.detector.kinds import single_rows
from training.detector.metrics import match
from training.detector.robustness import robustness
from training.detector.validation import (
    DetectorValidation,
    Predict,
    as_predict,
    found_in,
    truth_of,
)
from training.release.cards import Table, group_table
from training.release.saved_model import SignatureFunction

SIDES = ((24, 48), (48, 96), (96, np.inf))  # pixels of the photo, the root of a face's area
CLOSE_IOU = 0.75
RECALL = f"recall at IoU ≥ {MATCH_IOU}"


def detector_tables(artifact: Path, split: Split) -> Iterator[Table]:
    """Single faces and crowds, by data set, size and difficulty; negatives; groups of people."""
    predict, threshold = as_predict(SignatureFunction(artifact)), read_spec(artifact).threshold
    validation = DetectorValidation(split)
    yield _singles(split, validation.rows["single"], predict, threshold)
    yield _harder(split, validation.rows["single"], predict, threshold)
    yield _several(split, validation.rows["crowd"], predict, threshold)
    yield _by_size(split, validation.rows["crowd"], predict, threshold)
    negatives = len(validation.rows["negative"])
    false = int((validation.matches(predict, "negative").probabilities >= threshold).sum())
    table = Table("No face", ("photos", "n", "false faces", "per 1,000 photos"))
    table.add("negatives", negatives, false, f"{1000 * false / max(1, negatives):.1f}")
    yield table
    yield _by_group(split, single_rows(split), predict, threshold)


def _singles(split: Split, rows: Sequence[int], predict: Predict, threshold: float) -> Table:
    table = Table("Single faces", ("photos", "n", "mean IoU of the found", RECALL))
    for name, chosen in _by_dataset(split, rows):
        matches = match(found_in(split, chosen, predict), [truth_of(split, r) for r in chosen])
        _, recall = matches.precision_recall(threshold=threshold)
        iou_text = f"{matches.mean_iou(threshold=threshold):.3f}"
        table.add(name, len(chosen), iou_text, f"{100 * recall:.1f} %")
    return table


def _harder(split: Split, rows: Sequence[int], predict: Predict, threshold: float) -> Table:
    columns = ("photos", "n", "mean IoU of the found", RECALL)
    table = Table("Single faces, made harder", columns)
    for name, matches in robustness(split, rows, predict).items():
        _, recall = matches.precision_recall(threshold=threshold)
        iou_text = f"{matches.mean_iou(threshold=threshold):.3f}"
        table.add(name, matches.n_faces, iou_text, f"{100 * recall:.1f} %")
    return table


def _several(split: Split, rows: Sequence[int], predict: Predict, threshold: float) -> Table:
    columns = (
        "photos", "n", "faces", "average precision", "at IoU ≥ 0.75", "recall", "precision",
    )  # fmt: skip
    title = f"Several faces (boxed by people, shorter side ≥ {MIN_CROWD_FACE:g} pixels)"
    table = Table(title, columns)
    for name, chosen in _by_dataset(split, rows):
        found, truths = found_in(split, chosen, predict), [truth_of(split, r) for r in chosen]
        matches, close = match(found, truths), match(found, truths, min_iou=CLOSE_IOU)
        precision, recall = matches.precision_recall(threshold=threshold)
        figures = (matches.average_precision, close.average_precision, recall, precision)
        table.add(name, len(chosen), matches.n_faces, *(f"{v:.3f}" for v in figures))
    return table


def _by_size(split: Split, rows: Sequence[int], predict: Predict, threshold: float) -> Table:
    table = Table("Several faces by size", ("pixels of a side", "faces", RECALL))
    found, truths = found_in(split, rows, predict), [truth_of(split, row) for row in rows]
    for smallest, largest in SIDES:
        matches = match(found, [truth.of_sides(smallest, largest) for truth in truths])
        _, recall = matches.precision_recall(threshold=threshold)
        name = f"{smallest}–{largest}" if np.isfinite(largest) else f"{smallest} and more"
        table.add(name, matches.n_faces, f"{100 * recall:.1f} %")
    return table


def _by_group(split: Split, rows: Sequence[int], predict: Predict, threshold: float) -> Table:
    found = found_in(split, rows, predict)
    recalled = np.array([
        match([one], [truth_of(split, row)]).precision_recall(threshold=threshold)[1]
        for one, row in zip(found, rows, strict=True)
    ])  # fmt: skip
    return group_table(
        "By group (all single faces)",
        [split.records[row] for row in rows],
        {RECALL: lambda chosen: float(recalled[chosen].mean())},
    )


def _by_dataset(split: Split, rows: Sequence[int]) -> list[tuple[str, list[int]]]:
    """The rows of each data set, then all."""
    names = sorted({split.records[row]["dataset"] for row in rows})
    parts = [(name, [r for r in rows if split.records[r]["dataset"] == name]) for name in names]
    return [*parts, ("all", list(rows))]
