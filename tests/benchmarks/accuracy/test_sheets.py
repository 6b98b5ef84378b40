"""Which mistakes are shown, in which order, and that the picture shows them."""

import numpy as np
import pytest
from PIL import Image

from benchmarks.accuracy.answers import Answers
from benchmarks.accuracy.sheets import CELL, COLUMNS, false_faces, misses, write_sheet
from benchmarks.peers.answering import About, Answer
from training.dataset.sources import Photo

LARGE, SMALL, TINY = (0, 0, 60, 60), (70, 0, 100, 30), (70, 70, 80, 80)
ELSEWHERE, UNJUDGED = (0, 70, 25, 95), (30, 70, 55, 95)


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(np.full((100, 100, 3), 90, np.uint8)).save(path)
    return Photo(path, "group", (LARGE, SMALL, TINY), ignored_xyxy=(UNJUDGED,))


def answers(photo, found):
    answer = Answer([*map(list, found)], [*found.values()], 1.0)
    return Answers(About({"drawn": "1"}, 0.5), {photo.path: answer})


def corners(mistakes):
    return [(m.box.left, m.box.top, m.box.right, m.box.bottom) for m in mistakes]


def test_the_largest_missed_face_is_the_worst(photo):
    """One below the threshold is missed; one too small to count is not shown."""
    assert corners(misses(answers(photo, {}), [photo])) == [LARGE, SMALL]
    assert corners(misses(answers(photo, {LARGE: 0.9, SMALL: 0.4}), [photo])) == [SMALL]


def test_the_surest_false_face_is_the_worst(photo):
    found = {LARGE: 0.9, ELSEWHERE: 0.6, (50, 30, 80, 60): 0.8, UNJUDGED: 0.9, (0, 0, 9, 9): 0.4}
    assert corners(false_faces(answers(photo, found), [photo])) == [(50, 30, 80, 60), ELSEWHERE]


def test_a_sheet_has_a_cell_for_each(photo, tmp_path):
    told = answers(photo, {ELSEWHERE: 0.9})
    write_sheet(misses(told, [photo]) * 4, told, tmp_path / "sheets" / "missed.jpg")
    with Image.open(tmp_path / "sheets" / "missed.jpg") as sheet:
        assert sheet.size == (COLUMNS * CELL, 2 * CELL)
        first = np.asarray(sheet)[:CELL, :CELL].astype(int)
    green = (first[..., 1] - first[..., 0] > 60) & (first[..., 1] - first[..., 2] > 60)
    assert green.sum() > CELL  # the missed face's frame


def test_without_a_mistake_there_is_no_sheet(photo, tmp_path):
    write_sheet([], answers(photo, {}), tmp_path / "missed.jpg")
    assert not (tmp_path / "missed.jpg").exists()
