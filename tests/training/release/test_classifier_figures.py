"""The tables of a classifier's card, held to small cases worked out by hand."""

import numpy as np
import pytest

from inference_api.vision.spec import ClassifierSpec, Labels, NotSure
from training.classifier.changes import CHANGES
from training.classifier.targets import ScoreScale
from training.classifier.views import SPOILERS
from training.dataset.prepared import Split
from training.release.classifier_answers import Faces, Measured, measure, pooled
from training.release.classifier_tables import (
    ages,
    agreement,
    by_group,
    classifier_tables,
    ordinary,
    stability,
    unlabelled,
)


def person(*, ethnicity="x", gender="female", age="20-29", score=1.0):
    group = {"ethnicity": ethnicity, "gender": gender, "age": age}
    return {"group": group, "score": score, "dataset": "d"}


@pytest.fixture
def spec():
    return ClassifierSpec(
        kind="classifier", name="c", version="1", architecture="none", input_size=32,
        pad_color=(128, 128, 128), resize_filter="area", threshold=0.5, crop_margin=0.2,
        labels=Labels(lower="Blue", upper="Red"), adult_from_years=18.0,
        not_sure=NotSure(least_probability=0.6, least_clear=0.5),
        libraries={}, data_id="none", git_commit="none", sha256={},
    )  # fmt: skip


def faces(probability, *, records=None, years=30.0, clear=1.0):
    probability = np.array(probability)
    full = np.ones(len(probability))
    said = {
        "probability": probability, "age_years": years * full, "clear_probability": clear * full,
    }  # fmt: skip
    return Faces(records or [person()] * len(probability), said)


@pytest.fixture
def measured(spec):
    """Four rated faces; the mirror swaps the first two, the other changes do nothing."""
    plain = [0.2, 0.8, 0.45, 0.9]
    records = [person(score=score) for score in (1.0, 3.0, 2.0, 4.0)]
    changed = {name: faces(plain, records=records) for name in CHANGES}
    changed["mirrored"] = faces([0.8, 0.3, 0.52, 0.9], records=records)
    references = [
        person(ethnicity=e, age=a) for e, a in zip("xxyyy", ["20-29"] * 4 + ["3-9"], strict=True)
    ]
    others = faces([0.1, 0.6, 0.4, 0.7, 0.9], records=references)
    others.said["age_years"][4] = 6
    return Measured(
        faces(plain, records=records), np.array([0.25, 0.75, 0.5, 1.0]), np.array([4.0] * 4),
        changed, {name: faces([0.9] * 4, clear=0.1) for name in SPOILERS}, others, spec,
    )  # fmt: skip


def cells(table, first):
    (row,) = (row for row in table.rows if row[0] == first)
    return row


def test_agreement_is_with_the_target_and_within_groups_with_the_mean(measured):
    table = agreement(measured)
    plain, targets = measured.rated.probability, measured.targets
    expected = np.corrcoef(plain, targets)[0, 1]
    assert cells(table, "correlation with the target")[1:3] == ("4", f"{expected:.4f}")
    within = cells(table, "correlation with the mean rating, within ethnicity and gender")
    assert within[2] == f"{np.corrcoef(plain, [1, 3, 2, 4])[0, 1]:.4f}"
    brier = np.mean(targets * (1 - plain) ** 2 + (1 - targets) * plain**2)
    assert cells(table, "Brier score of single ratings")[2] == f"{brier:.4f}"


def test_who_knows_the_other_raters_has_the_share_of_the_others(measured):
    """Of four ratings k say upper: the others are k − 1 or k of three, and four of eight more."""
    losses = [
        share * (1 - (4 * share - 1 + 4) / 11) ** 2 + (1 - share) * ((4 * share + 4) / 11) ** 2
        for share in measured.targets
    ]
    cell = cells(agreement(measured), "… of one who knows the other raters")
    assert cell[2] == f"{np.mean(losses):.4f}"


def test_each_change_is_counted_by_what_it_does(measured):
    table = stability(measured)
    # Three of four cross the cut; 0.45 and 0.52 are "not sure", so only two get the other label.
    moves = np.abs([0.6, -0.5, 0.07, 0]).mean()
    assert cells(table, "mirrored") == ("mirrored", "75.0 %", "50.0 %", f"{moves:.4f}")
    assert cells(table, "half size") == ("half size", "0.0 %", "0.0 %", "0.0000")
    assert cells(table, "any of them") == ("any of them", "75.0 %", "50.0 %", f"{moves / 8:.4f}")


def test_adults_whom_nobody_rated_are_compared_at_their_median(measured):
    table = ordinary(measured)
    assert cells(table, "x")[:3] == ("x", "2", "0.50")  # of 0.1 and 0.6 beside 0.4 and 0.7
    assert cells(table, "y")[:3] == ("y", "2", "0.50")
    assert cells(table, "all")[1:] == ("4", "0.50", "–", "0.50")


def test_children_are_counted_by_age(measured, spec):
    measured.references.records.extend([person(age="3-9")] * 4)
    for name, value in (("probability", 0.5), ("age_years", 20.0), ("clear_probability", 1.0)):
        measured.references.said[name] = np.append(measured.references.said[name], [value] * 4)
    assert cells(ages(measured), "3-9") == ("3-9", "5", "20.0 %")


def test_who_gets_no_label_is_said_with_why(measured):
    table = unlabelled(measured)
    assert table.columns[2:] == ("near_the_cut", "unclear", "looks_under_age")
    assert cells(table, "rated") == ("rated", "4", "25.0 %", "0.0 %", "0.0 %")
    assert cells(table, "blurred") == ("blurred", "4", "0.0 %", "100.0 %", "0.0 %")
    # 0.45 stands beside a half: the only one on the wrong side, and it has no label.
    (row,) = (row for row in table.rows if row[0].startswith("right side"))
    assert row[2] == "75.0; 100.0"


def test_groups_have_people_beside_the_network(measured):
    measured.rated.records[:] = measured.rated.records * 6
    for name in measured.rated.said:
        measured.rated.said[name] = np.tile(measured.rated.said[name], 6)
    many = Measured(
        measured.rated, np.tile(measured.targets, 6), np.tile(measured.counts, 6),
        measured.changed, measured.spoiled, measured.references, measured.spec,
    )  # fmt: skip
    row = cells(by_group(many), "ethnicity: x")
    assert row[1] == "24"
    assert row[2].startswith("0.625 ")
    assert row[3].startswith("0.588 ")
    assert row[4].startswith("-0.037 ")


def test_what_a_network_says_is_gathered_of_every_kind_of_face(spec):
    records = [
        {"dataset": "d", "score": 4.0, "category": None, "crop": 0, "group": {}},
        {"dataset": "d", "score": None, "category": None, "reference": 0,
         "group": {"ethnicity": "x", "gender": "female", "age": "20-29"}},
    ]  # fmt: skip
    for record in records:
        record.setdefault("crop", None)
    gray = np.full((1, 32, 32, 3), 100, np.uint8)
    split = Split(records, gray, gray, references=gray + 50)

    def brightness(images):
        mean = images.mean(axis=(1, 2, 3))[:, None]
        return {
            "probability": mean / 255, "age_years": 0 * mean, "clear_probability": 0 * mean + 1,
        }  # fmt: skip

    found = measure(brightness, spec, split, {("d", None): ScoreScale(4.0, 1.0)})

    assert found.rated.probability == pytest.approx(100 / 255)
    assert found.references.probability == pytest.approx(150 / 255)
    assert found.changed["brighter by a fifth"].probability == pytest.approx(120 / 255)
    assert found.spoiled["dark"].probability < 20 / 255
    assert found.targets.tolist() == [0.5]
    twice = pooled([found, found])
    assert twice.targets.tolist() == [0.5, 0.5]
    assert len(twice.references.records) == 2


def test_a_split_without_faces_makes_no_tables(measured, spec):
    empty = faces([], records=[])
    nothing = Measured(
        empty, np.empty(0), np.empty(0), dict.fromkeys(CHANGES, empty),
        dict.fromkeys(SPOILERS, empty), Faces([], empty.said), spec,
    )  # fmt: skip
    assert list(classifier_tables(nothing)) == []
