"""The tables of a classifier's model card."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from inference_api.vision.labelling import Reason, Verdict, beside_the_cut
from training.classifier.groups import are_adults
from training.classifier.metrics import (
    brier_score,
    correlation,
    expected_calibration_error,
    upper_shares,
    within_groups,
)
from training.release.bootstrap import Rows, interval
from training.release.cards import FEWEST, Table, group_table
from training.release.classifier_answers import Faces, Measured

Floats = npt.NDArray[np.floating[Any]]
PRIOR_RATINGS = 8  # that "the other raters" are taken to have at one half


def classifier_tables(measured: Measured) -> Iterator[Table]:
    """Every line that is told of a classifier, from agreement to what gets no label."""
    if len(measured.targets):
        yield agreement(measured)
        yield by_group(measured)
        yield stability(measured)
    if len(measured.references.records):
        yield ordinary(measured)
        if measured.spec.adult_from_years is not None:
            yield ages(measured)
    if len(measured.targets):
        yield unlabelled(measured)


def agreement(measured: Measured) -> Table:
    """How well people and network agree; knowing the other raters is what a photo can tell."""
    table = Table("Agreement with people", ("figure", "n", "value", "95 %"))
    targets, probability = measured.targets, measured.rated.probability
    counts, records = measured.counts, measured.rated.records
    rows = np.arange(len(targets))

    def add(name: str, figure: Any, among: Rows = rows) -> None:
        low, high = interval(lambda drawn: float(figure(among[drawn])), len(among))
        table.add(name, len(among), f"{figure(among):.4f}", f"{low:.3f}–{high:.3f}")

    add("correlation with the target", lambda r: correlation(probability[r], targets[r]))
    scored = np.array([record["score"] is not None for record in records])
    if scored.any():
        kinds = ("dataset_name", "ethnicity", "gender")
        named = [_named(record) for record in records]
        scores = np.array([record["score"] or 0.0 for record in records])
        own, said = (within_groups(each, named, *kinds) for each in (scores, probability))
        add(
            "correlation with the mean rating, within ethnicity and gender",
            lambda r: correlation(said[r], own[r]), np.flatnonzero(scored),
        )  # fmt: skip
    if len(set(targets > 0.5)) == 2:
        add("area under the ROC curve", partial(_auc, targets, probability))
    if counts.max() > 1:
        add("Brier score of single ratings", lambda r: brier_score(
            targets[r], probability[r], counts[r]))  # fmt: skip
        add("… of one who knows the other raters", lambda r: _knowing_the_others(
            targets[r], counts[r]))  # fmt: skip
    add("expected calibration error", lambda r: expected_calibration_error(
        targets[r], probability[r], counts[r]))  # fmt: skip
    return table


def by_group(measured: Measured) -> Table:
    """People beside network for each group."""
    targets, probability = measured.targets, measured.rated.probability
    counts = measured.counts
    return group_table(
        "By group",
        measured.rated.records,
        {"upper, people": lambda r: targets[r].mean(),
         "upper, network": lambda r: probability[r].mean(),
         "difference": lambda r: (probability[r] - targets[r]).mean(),
         "correlation": lambda r: correlation(probability[r], targets[r]),
         "Brier": lambda r: brier_score(targets[r], probability[r], counts[r]),
         "ECE": lambda r: expected_calibration_error(targets[r], probability[r], counts[r])},
    )  # fmt: skip


def stability(measured: Measured) -> Table:
    """What harmless changes do to label and probability.

    `crosses the cut`: as if every face had a label. `other label`: of the faces with a label, those
    with the other one after the change; the rest become "not sure" at most.
    """
    columns = ("change", "crosses the cut", "other label", "mean change of the probability")
    table = Table("Stability", columns)
    cut = measured.spec.threshold
    plain, labels = measured.rated.probability, _labels(measured, measured.rated)
    crossed, swapped, moves = [], [], []
    for name, faces in measured.changed.items():
        crossed.append((faces.probability >= cut) != (plain >= cut))
        swapped.append((labels * _labels(measured, faces)) < 0)
        moves.append(np.abs(faces.probability - plain))
        table.add(name, _percent(crossed[-1]), _percent(swapped[-1]), f"{moves[-1].mean():.4f}")
    some = np.any(crossed, axis=0), np.any(swapped, axis=0)
    table.add("any of them", *map(_percent, some), f"{np.mean(moves):.4f}")
    return table


def ordinary(measured: Measured) -> Table:
    """How high adults whom nobody rated are put, by ethnicity."""
    columns = ("adults", "n", "above the common median", "95 %", "above the cut")
    table = Table("Ordinary adults, whom nobody rated", columns)
    rows = np.flatnonzero(are_adults(measured.references.records))
    records = [measured.references.records[row] for row in rows]
    probability = measured.references.probability[rows]
    above = upper_shares(probability, records)
    over_cut = upper_shares(probability, records, cut=measured.spec.threshold)
    ethnicities = np.array([record["group"]["ethnicity"] for record in records])
    is_above = probability > np.median(probability)
    for name, share in above.items():
        own = is_above[ethnicities == name]
        low, high = interval(lambda drawn, own=own: float(own[drawn].mean()), len(own))  # type: ignore[misc]
        table.add(name, len(own), f"{share:.2f}", f"{low:.2f}–{high:.2f}", f"{over_cut[name]:.2f}")
    share = float((probability > measured.spec.threshold).mean())
    table.add("all", len(rows), f"{is_above.mean():.2f}", "–", f"{share:.2f}")
    return table


def ages(measured: Measured) -> Table:
    """Who gets no label for looking like a child, by age."""
    table = Table("No label for children", ("age", "n", "no label for children"))
    verdicts = _verdicts(measured, measured.references)
    found = np.array([record["group"]["age"] for record in measured.references.records])
    for age in sorted(set(found), key=lambda text: (text.startswith("more"), _first(text))):
        own = verdicts[found == age] == Verdict.CHILD
        if len(own) >= FEWEST // 4:
            table.add(age, len(own), _percent(own))
    return table


def unlabelled(measured: Measured) -> Table:
    """Who gets no label, and how much better the labels of the rest are."""
    reasons = [Reason.NEAR_CUT, Reason.UNCLEAR, Reason.CHILD]
    table = Table("Without a label", ("faces", "n", *(reason.value for reason in reasons)))
    sets = {"rated": measured.rated, "ordinary adults": _adults(measured.references)}
    for name, faces in (sets | dict(measured.spoiled)).items():
        said = np.array([each.reason for each in faces.answers(measured.spec)])
        if len(said):
            table.add(name, len(said), *(_percent(said == reason) for reason in reasons))
    given = np.abs(_labels(measured, measured.rated)) > 0
    cut = measured.spec.threshold
    right = (measured.rated.probability >= cut) == (measured.targets >= cut)
    table.add("right side of the cut, %: all; labelled", len(right),
              f"{100 * right.mean():.1f}; {100 * right[given].mean():.1f}",
              *["–"] * (len(reasons) - 1))  # fmt: skip
    return table


def comparisons_error(measured: Measured, *, around: float = 0.05) -> float:
    """How far the label's probability is off, over pairs with a photo that lies at the cut.

    The mean gap between the stated probability that a photo is put above one near the cut, and
    how often people, by their shares of both, would.
    """
    targets, probability = measured.targets, measured.rated.probability
    cut = measured.spec.threshold
    near = np.flatnonzero(np.abs(probability - cut) < around)
    stated = np.array([beside_the_cut(float(p), cut=cut) for p in probability])
    middle = float(targets[near].mean())
    seen = np.array([beside_the_cut(float(t), cut=middle) for t in targets])
    return expected_calibration_error(seen, stated)


def _adults(faces: Faces) -> Faces:
    rows = np.flatnonzero(are_adults(faces.records))
    return Faces(
        [faces.records[row] for row in rows],
        {name: values[rows] for name, values in faces.said.items()},
    )


def _labels(measured: Measured, faces: Faces) -> npt.NDArray[np.int64]:
    """1 for the upper label, -1 for the lower, 0 for none."""
    upper = measured.spec.labels.upper
    return np.array([
        0 if each.verdict != Verdict.LABELLED else 1 if each.label == upper else -1
        for each in faces.answers(measured.spec)
    ])  # fmt: skip


def _verdicts(measured: Measured, faces: Faces) -> npt.NDArray[Any]:
    return np.array([each.verdict for each in faces.answers(measured.spec)])


def _knowing_the_others(targets: Floats, counts: Floats) -> float:
    """Brier score of each rating when all others of the photo are known.

    They are shrunk to one half as if PRIOR_RATINGS more had been given there; a share of k in n
    ratings is k times 1 and n - k times 0.
    """
    ones = targets * counts
    prior = PRIOR_RATINGS / 2
    after_one = (ones - 1 + prior) / (counts - 1 + PRIOR_RATINGS)
    after_zero = (ones + prior) / (counts - 1 + PRIOR_RATINGS)
    errors = targets * (1 - after_one) ** 2 + (1 - targets) * after_zero**2
    return float(np.average(errors, weights=counts))


def _auc(targets: Floats, probability: Floats, rows: Rows) -> float:
    upper = targets[rows] > 0.5
    return float(roc_auc_score(upper, probability[rows])) if 0 < upper.mean() < 1 else float("nan")


def _named(record: dict[str, Any]) -> dict[str, Any]:
    """The record with its data set as one more group."""
    return {"group": record["group"] | {"dataset_name": record["dataset"]}}


def _percent(share: npt.NDArray[Any]) -> str:
    return f"{100 * share.mean():.1f} %"


def _first(age: str) -> int:
    return int("".join(character if character.isdigit() else " " for character in age).split()[0])
