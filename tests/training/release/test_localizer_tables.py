"""A localizer's published figures, for photos whose answers are counted by hand."""

import numpy as np
import pytest

from inference_api.vision.spec import LocalizerSpec
from tests.training.release.told import record, rows_of, split, write_told
from training.release.localizer_tables import localizer_tables

SIZE = 120
FACE = (24, 24, 72, 72)
# What is in each photo, the box that the localizer puts, and how sure it is of a face.
CASES = [
    (record(SIZE, FACE, group={"gender": "f"}), FACE, 0.9),
    (record(SIZE, FACE, group={"gender": "f"}), FACE, 0.4),
    (record(SIZE, FACE, dataset="yours", group={"gender": "m"}), (24, 24, 72, 36), 0.9),
    (record(SIZE), (0, 0, 0, 0), 0.6),
    (record(SIZE), (0, 0, 0, 0), 0.1),
    (record(SIZE), (0, 0, 0, 0), 0.2),
]


@pytest.fixture(scope="module")
def artifact(tmp_path_factory):
    answers = {
        "box_rel_xyxy": np.divide([box for _, box, _ in CASES], SIZE),
        "face_probability": [[probability] for *_, probability in CASES],
    }
    return write_told(
        tmp_path_factory.mktemp("told") / "localizer", LocalizerSpec, answers, size=SIZE,
        kind="localizer", box_format="rel_xyxy",
    )  # fmt: skip


def made(artifact, records):
    tables = localizer_tables(artifact, split(records, size=SIZE))
    return {table.title.partition(" (")[0]: table for table in tables}


def test_a_face_is_found_where_it_is_called_one_and_its_box_fits(artifact):
    tables = made(artifact, [each for each, *_ in CASES])
    assert tables["Single faces"].rows == [
        ("mine", "2", "1.000", "50.0 %"),
        ("yours", "1", "0.250", "0.0 %"),
        ("all, as they are", "3", "0.750", "33.3 %"),
        # where it is pasted into, the localizer sees what it says of the negative
        ("all, pasted at 20–50 % of the side into negatives", "3", "0.000", "0.0 %"),
    ]
    assert tables["Face or no face"].rows == [
        ("single faces and negatives", "6", "0.6667"),
        ("negatives alone", "3", "0.6667"),
    ]
    assert tables["By group"].rows == []


def test_a_group_of_twenty_gets_its_figures(artifact):
    """Every photo is the second one, which is not called a face: nothing is left to chance."""
    singles = [record(SIZE, FACE, group={"gender": "f"})] * 20
    photos = split([*singles, record(SIZE)], size=SIZE)
    photos.photos[:20] = 1
    photos.photos[20] = 4
    tables = {table.title.partition(" (")[0]: table for table in localizer_tables(artifact, photos)}
    assert rows_of(tables["By group"]) == {
        "gender: f": {
            "group": "gender: f", "n": "20", "mean IoU": "1.000 (1.000–1.000)",
            "recall at IoU ≥ 0.5": "0.000 (0.000–0.000)",
        }
    }  # fmt: skip
