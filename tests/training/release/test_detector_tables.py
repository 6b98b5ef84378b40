"""A detector's published figures, for photos whose answers are counted by hand."""

import numpy as np
import pytest

from inference_api.vision.spec import Detection, LocalizerSpec
from tests.training.release.told import record, rows_of, split, write_told
from training.release.detector_tables import detector_tables

SIZE, CANDIDATES = 100, 5
FACE = (10, 10, 50, 50)
LEFT, RIGHT, SMALL = (0, 0, 30, 30), (40, 0, 70, 30), (0, 50, 20, 70)
# What is in each photo, and what the detector says: boxes in pixels with probabilities.
CASES = [
    (record(SIZE, FACE), [(FACE, 0.9)]),
    (record(SIZE, FACE), [((10, 10, 50, 40), 0.8)]),  # an IoU of 0.75
    (record(SIZE, SMALL), [(SMALL, 0.9)]),  # alone, so it counts
    (record(SIZE, FACE, dataset="yours"), [((60, 60, 90, 90), 0.7)]),
    (
        record(SIZE, LEFT, RIGHT, SMALL, dataset="roboflow_ns18"),
        [(SMALL, 0.95), (LEFT, 0.9), ((40, 50, 70, 80), 0.8), (RIGHT, 0.6)],
    ),
    (record(SIZE), [(FACE, 0.6), ((60, 60, 90, 90), 0.55)]),
    (record(SIZE), [(FACE, 0.4)]),
    (record(SIZE), []),
    (record(SIZE), []),
]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    said = np.zeros((len(CASES), CANDIDATES, 5))
    for row, (_, found) in enumerate(CASES):
        for place, (box, probability) in enumerate(found):
            said[row, place] = [*np.divide(box, SIZE), probability]
    answers = {"box_rel_xyxy": said[..., :4], "face_probability": said[..., 4:]}
    artifact = write_told(
        tmp_path_factory.mktemp("told") / "detector", LocalizerSpec, answers, size=SIZE,
        kind="localizer", box_format="rel_xyxy",
        detection=Detection(strides=(50,), max_iou=0.45, max_faces=10),
    )  # fmt: skip
    photos = split([each for each, _ in CASES], size=SIZE)
    return {table.title.partition(" (")[0]: table for table in detector_tables(artifact, photos)}


def test_single_faces_are_measured_for_each_data_set_and_for_all(tables):
    assert tables["Single faces"].rows == [
        ("mine", "3", "0.917", "100.0 %"),
        ("yours", "1", "0.000", "0.0 %"),
        ("all", "4", "0.917", "75.0 %"),
    ]


def test_in_a_crowd_small_faces_neither_count_nor_cost(tables):
    """Right, false, right of two faces: half at a precision of 1, half at two thirds."""
    row = rows_of(tables["Several faces"])["all"]
    assert row == {
        "photos": "all", "n": "1", "faces": "2",
        "average precision": "0.833", "recall": "1.000", "precision": "0.667",
    }  # fmt: skip


def test_every_false_face_of_a_photo_without_one_is_counted(tables):
    assert tables["No face"].rows == [("negatives", "4", "2", "500.0")]


def test_groups_are_too_few_for_a_figure(tables):
    assert tables["By group"].rows == []
