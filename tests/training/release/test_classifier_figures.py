"""A classifier's published figures, for photos whose answers are counted by hand."""

import pytest

from inference_api.vision.spec import ClassifierSpec, Labels
from tests.training.release.told import record, rows_of, split, write_told
from training.classifier.targets import score_scales
from training.release.classifier_tables import classifier_tables, rater_agreement

SIZE = 120


def rated(*scores, **fields):
    return [record(SIZE, score=score, crop=row, **fields) for row, score in enumerate(scores)]


def twice(*pairs):
    """Photos that were rated twice, each a group of duplicates."""
    return [
        record(SIZE, score=score, duplicate_group=f"g{group}", crop=0)
        for group, pair in enumerate(pairs)
        for score in pair
    ]


@pytest.fixture(scope="module")
def agreement(tmp_path_factory):
    """Four photos, the last of the upper half; the network takes the second for one, too."""
    probability = [[0.1], [0.6], [0.4], [0.9]]
    artifact = write_told(
        tmp_path_factory.mktemp("told") / "classifier", ClassifierSpec,
        {"probability": probability}, size=SIZE,
        kind="classifier", crop_margin=0.2, labels=Labels(lower="Ugly", upper="Sexy"),
    )  # fmt: skip
    train = split(twice((1, 2), (3, 4)), size=SIZE, crops=4)
    validation = split(rated(1, 2, 2, 4), size=SIZE, crops=4)
    table, *_ = classifier_tables(artifact, train, validation, score_scales(train.rated))
    return rows_of(table)["mine"]


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        ("n", "4"),
        ("Pearson", "0.944"),  # 1.2 / sqrt(4.75 × 0.34)
        ("raters with raters", "0.600 (2 photos rated twice)"),  # 3 / 5, each pair both ways
        ("ROC AUC", "1.000"),  # nothing is above the upper one
        ("accuracy", "0.750"),
        ("majority", "0.750"),
        ("ECE", "0.300"),  # the mean of 0.1, 0.6, 0.4 and 0.1
    ],
)
def test_agreement_with_people(agreement, figure, value):
    assert agreement[figure] == value


def test_an_interval_holds_its_figure(agreement):
    low, high = map(float, agreement["95 %"].split("–"))
    assert low < 0.944 < high <= 1


@pytest.mark.parametrize(
    ("records", "texts"),
    [
        ([], {}),
        (rated(1, 2), {}),
        (twice((1, 1), (2, 2), (3, 3)), {"mine": "1.000 (3 photos rated twice)"}),
        (twice((1, 3), (3, 1)), {"mine": "-1.000 (2 photos rated twice)"}),
        (twice((1, None), (2,)), {}),
    ],
)
def test_raters_agree_with_themselves_as_far_as_photos_were_rated_twice(records, texts):
    assert rater_agreement(records) == texts
