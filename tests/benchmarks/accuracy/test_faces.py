"""Figures of photos of several faces, by hand: sizes, exact boxes, and what nobody judged."""

from pathlib import Path

import pytest

from benchmarks.accuracy.answers import Answers
from benchmarks.accuracy.faces import Validation, figures_of
from benchmarks.peers.answering import About, Answer
from training.dataset.sources import Photo

PHOTO = Path("group.jpg")
# Shorter sides of 12, 30, 60 and 120 pixels.
TINY, SMALL, MIDDLE, LARGE = (0, 0, 12, 14), (50, 0, 80, 40), (100, 0, 160, 60), (200, 0, 320, 150)


def several(found, faces=(TINY, SMALL, MIDDLE, LARGE), ignored=()):
    """The figures of what was found, {box: score}, in one photo with these faces."""
    photo = Photo(PHOTO, "group", tuple(faces), ignored_xyxy=tuple(ignored))
    answer = Answer([*map(list, found)], [*found.values()], 1.0)
    answers = Answers(About({"drawn": "1"}, 0.5), {PHOTO: answer})
    return figures_of(answers, Validation([], {"group": [photo]}, [])).several["group"]


def test_recall_is_told_by_size():
    figures = several({SMALL: 0.9, LARGE: 0.9, MIDDLE: 0.4})
    assert figures.recall_by_size == (1, 0, 1)
    assert figures.recall == pytest.approx(2 / 3)


def test_a_face_of_another_size_neither_counts_nor_costs():
    """Its box is no false one among the faces of this size."""
    assert several({SMALL: 0.9, MIDDLE: 0.9, LARGE: 0.9}).recall_by_size == (1, 1, 1)
    assert several({TINY: 0.9}).precision == 1


def test_tiny_faces_count_in_one_figure_only():
    found = {SMALL: 0.9, MIDDLE: 0.9, LARGE: 0.9}
    without, with_tiny = several(found), several({**found, TINY: 0.9})
    assert without.matches.average_precision == with_tiny.matches.average_precision == 1
    assert (without.average_precision_tiny, with_tiny.average_precision_tiny) == (0.75, 1)


def test_a_box_by_half_is_found_but_not_exact():
    loose = (200, 0, 320, 100)  # two thirds of the large face
    figures = several({loose: 0.9}, faces=[LARGE, SMALL])
    assert figures.matches.average_precision == 0.5
    assert figures.average_precision_exact == 0


def test_what_nobody_judged_is_no_false_face():
    unjudged = (400, 0, 440, 40)
    assert several({SMALL: 0.9, unjudged: 0.9}, faces=[SMALL]).precision == 0.5
    assert several({SMALL: 0.9, unjudged: 0.9}, faces=[SMALL], ignored=[unjudged]).precision == 1
