"""The detector's tables, on photos and answers small enough to count by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from training.dataset.prepared import Split
from training.detector.robustness import CHANGES
from training.release import detector_tables as module

FACE, OTHER, SMALL = [0.1, 0.1, 0.3, 0.3], [0.5, 0.1, 0.9, 0.5], [0.1, 0.7, 0.15, 0.75]
SIZE = 320


def record(dataset, *boxes, source="human", group=None):
    return {
        "dataset": dataset, "box_source": source, "size_wh": [SIZE, SIZE],
        "boxes_rel_xyxy": list(boxes), "group": group or {},
    }  # fmt: skip


RECORDS = [
    record("party", FACE, OTHER, SMALL),
    record("portraits", FACE, source="detector", group={"gender": "x"}),
    record("portraits", OTHER, source="detector", group={"gender": "x"}),
    record("houses", source="none"),
    record("houses", source="none"),
]
# What is said of each photo: a box and its probability.
SAID = {
    0: [(FACE, 0.9), ([0.5, 0.1, 0.9, 0.38], 0.8), ([0.0, 0.9, 0.1, 1.0], 0.7)],
    1: [(FACE, 0.9)],
    2: [(OTHER, 0.5)],
    3: [(FACE, 0.95)],
    4: [],
}


class Said:
    """Answers by a photo's first pixel, its row."""

    def __init__(self, artifact):
        pass

    def __call__(self, images):
        boxes, probabilities = np.zeros((len(images), 3, 4)), np.zeros((len(images), 3, 1))
        for i, image in enumerate(images):
            for j, (box, probability) in enumerate(SAID.get(int(image[SIZE - 1, SIZE - 1, 0]), [])):
                boxes[i, j], probabilities[i, j] = box, probability
        return {"box_rel_xyxy": np.float32(boxes), "face_probability": np.float32(probabilities)}


@pytest.fixture
def tables(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "SignatureFunction", Said)
    monkeypatch.setattr(module, "read_spec", lambda _: SimpleNamespace(threshold=0.6))
    photos = np.zeros((len(RECORDS), SIZE, SIZE, 3), np.uint8)
    photos[:] = np.arange(len(RECORDS))[:, None, None, None]
    split = Split(RECORDS, photos, np.zeros((0, 8, 8, 3), np.uint8))
    return {table.title: table.rows for table in module.detector_tables(tmp_path, split)}


def test_single_faces_are_found_above_the_threshold_only(tables):
    assert tables["Single faces"] == [
        ("portraits", "2", "1.000", "50.0 %"), ("all", "2", "1.000", "50.0 %"),
    ]  # fmt: skip


def test_every_change_has_its_row_and_unchanged_is_as_above(tables):
    rows = tables["Single faces, made harder"]

    assert [row[0] for row in rows] == list(CHANGES)
    assert rows[0] == ("as they are", "2", "1.000", "50.0 %")


def test_several_faces_leave_out_the_small_one_and_count_exact_boxes_apart(tables):
    (party, every) = tables["Several faces (boxed by people, shorter side ≥ 24 pixels)"]

    assert every[1:] == party[1:]
    # Both are found, the second with an IoU of 0.7; one of three detections is false.
    assert party == ("party", "1", "2", "1.000", "0.500", "1.000", "0.667")


def test_recall_by_size_is_of_the_faces_of_that_size(tables):
    assert tables["Several faces by size"] == [
        ("24–48", "0", "0.0 %"), ("48–96", "1", "100.0 %"), ("96 and more", "1", "100.0 %"),
    ]  # fmt: skip


def test_false_faces_are_counted_over_the_photos_without_one(tables):
    assert tables["No face"] == [("negatives", "2", "1", "500.0")]
