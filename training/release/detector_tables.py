"""The tables of a released detector's model card."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from inference_api.vision.spec import read_spec
from training.dataset.kinds import CROWDS, CUT_TO_FACE
from training.dataset.matching import MATCH_IOU, MIN_CROWD_FACE
from training.dataset.prepared import Split
from training.detector.metrics import match
from training.detector.validation import DetectorValidation, as_predict, found_in, truth_of
from training.release.cards import Table, group_table
from training.release.saved_model import SignatureFunction

RECALL = f"recall at IoU ≥ {MATCH_IOU}"


def detector_tables(artifact: Path, split: Split) -> Iterator[Table]:
    """Single faces and crowds by data set, negatives, and groups of people."""
    predict, threshold = as_predict(SignatureFunction(artifact)), read_spec(artifact).threshold
    validation = DetectorValidation(split, without=CUT_TO_FACE)
    table = Table("Single faces", ("photos", "n", "mean IoU of the found", RECALL))
    for name, rows in _by_dataset(split, validation.rows["single"]):
        matches = match(found_in(split, rows, predict), [truth_of(split, row) for row in rows])
        _, recall = matches.precision_recall(threshold=threshold)
        iou_text = f"{matches.mean_iou(threshold=threshold):.3f}"
        table.add(name, len(rows), iou_text, f"{100 * recall:.1f} %")
    yield table
    columns = ("photos", "n", "faces", "average precision", "recall", "precision")
    title = f"Several faces (boxed by people, shorter side ≥ {MIN_CROWD_FACE:g} pixels)"
    table = Table(title, columns)
    for name, rows in _by_dataset(split, validation.rows["crowd"]):
        matches = match(found_in(split, rows, predict), [truth_of(split, row) for row in rows])
        precision, recall = matches.precision_recall(threshold=threshold)
        figures = (f"{v:.3f}" for v in (matches.average_precision, recall, precision))
        table.add(name, len(rows), matches.n_faces, *figures)
    yield table
    negatives = validation.rows["negative"]
    false = validation.matches(predict, "negative").probabilities >= threshold
    table = Table("No face", ("photos", "n", "false faces", "per 1,000 photos"))
    table.add(
        "negatives", len(negatives), false.sum(), f"{1000 * false.sum() / len(negatives):.1f}"
    )
    yield table
    rows = [int(row) for row in split.rows(faces=1, without=CROWDS)]
    found = found_in(split, rows, predict)
    recalled = np.array([
        match([one], [truth_of(split, row)]).precision_recall(threshold=threshold)[1]
        for one, row in zip(found, rows, strict=True)
    ])  # fmt: skip
    yield group_table(
        "By group (all single faces)",
        [split.records[row] for row in rows],
        {RECALL: lambda chosen: float(recalled[chosen].mean())},
    )


def _by_dataset(split: Split, rows: Sequence[int]) -> list[tuple[str, list[int]]]:
    """The rows of each data set, then all."""
    names = sorted({split.records[row]["dataset"] for row in rows})
    parts = [(name, [r for r in rows if split.records[r]["dataset"] == name]) for name in names]
    return [*parts, ("all", list(rows))]
