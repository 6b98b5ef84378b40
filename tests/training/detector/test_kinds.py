"""Kinds of photos by what their records say, whatever their data sets are called."""

import numpy as np
import pytest

from training.dataset.matching import MIN_CROWD_FACE
from training.dataset.prepared import Split
from training.detector.kinds import crowd_rows, is_cut_to_face, single_rows
from training.detector.validation import DetectorValidation, truth_of

SIZE = 320
FACE, OTHER, SMALL = [0.1, 0.3, 0.3, 0.6], [0.5, 0.3, 0.7, 0.6], [0.8, 0.4, 0.82, 0.42]


def record(dataset, *boxes, source="human", **fields):
    return {
        "dataset": dataset, "box_source": source, "size_wh": [640, 480],
        "boxes_rel_xyxy": list(boxes), "group": {}, **fields,
    }  # fmt: skip


def split(*records):
    return Split(list(records), np.zeros((len(records), SIZE, SIZE, 3), np.uint8),
                 np.zeros((0, 8, 8, 3), np.uint8))  # fmt: skip


PHOTOS = split(
    record("anybodys party", FACE, OTHER),  # 0
    record("anybodys party", FACE),  # 1
    record("anybodys portraits", FACE),  # 2
    record("anybodys portraits", [0.02, 0.13, 0.98, 0.87]),  # 3
    record("from a detector", FACE, OTHER, source="detector"),  # 4
    record("from a detector", FACE, source="detector"),  # 5
    record("drawn loosely", FACE, OTHER, loose_boxes=True),  # 6
    record("drawn loosely", FACE, loose_boxes=True),  # 7
    record("a house", source="none"),  # 8
    record("unknown") | {"boxes_rel_xyxy": None},  # 9
)


def test_crowds_are_what_people_boxed_where_photos_have_several_faces():
    assert crowd_rows(PHOTOS) == [0, 1]


def test_single_faces_are_the_others_with_one_face():
    assert single_rows(PHOTOS) == [2, 3, 5]


def test_a_face_that_fills_its_picture_is_told_by_its_share():
    assert [row for row in single_rows(PHOTOS) if is_cut_to_face(PHOTOS.records[row])] == [3]


def test_each_kind_of_foreign_photos_is_validated():
    rows = DetectorValidation(PHOTOS).rows

    assert rows == {"single": [2, 5], "crowd": [0, 1], "negative": [8]}


@pytest.mark.parametrize("source", ["human", "detector"])
def test_ignored_places_and_small_faces_of_crowds_are_not_asked_for(source):
    photos = split(record("x", FACE, SMALL, source=source, ignore_rel_xyxy=[OTHER]))

    truth = truth_of(photos, 0)

    sides = (truth.boxes_xyxy[:, 2:] - truth.boxes_xyxy[:, :2]).min(axis=1)
    if source == "human":
        assert (sides >= MIN_CROWD_FACE).all()
        assert len(truth.ignored_xyxy) == 2
    else:
        assert len(truth.boxes_xyxy) == 2
        np.testing.assert_allclose(truth.ignored_xyxy, [[320, 112, 448, 304]], atol=0.01)


def test_a_perfect_detector_has_perfect_figures_on_foreign_photos():
    """Each picture is marked by its row, which the predictor reads."""
    for row in range(len(PHOTOS.records)):
        PHOTOS.photos[row] = row

    def predict(images):
        boxes = np.zeros((len(images), 2, 4), np.float32)
        probabilities = np.zeros((len(images), 2), np.float32)
        for i, row in enumerate(images[:, 0, 0, 0]):
            for j, box in enumerate(PHOTOS.records[row]["boxes_rel_xyxy"]):
                boxes[i, j], probabilities[i, j] = box, 0.9
        return boxes, probabilities

    figures = DetectorValidation(PHOTOS).measure(predict)

    assert figures == pytest.approx({
        "single_recall": 1, "single_mean_iou": 1, "crowd_ap": 1, "crowd_recall": 1,
        "crowd_precision": 1, "negative_false_per_1000": 0,
    })  # fmt: skip
