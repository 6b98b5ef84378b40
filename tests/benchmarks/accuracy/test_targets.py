"""What the compact pair must reach: right beside the limits, and left out without figures."""

from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest

from benchmarks.accuracy.answers import Timed
from benchmarks.accuracy.comparing import Compared
from benchmarks.accuracy.faces import Figures, Several
from benchmarks.accuracy.targets import best_recall, must_reach
from benchmarks.peers.answering import About
from benchmarks.report.lines import above
from training.detector.metrics import Matches

# The most probable first: right, right, false, right, and a fourth face that is never found.
MATCHES = Matches(
    np.array([0.9, 0.8, 0.7, 0.6], np.float32), np.array([0.9, 0.8, 0, 0.7], np.float32), 4
)
PRECISION_OF_OURS = 0.75  # with all that are found


def several(matches=MATCHES, *, precision=1.0, recall=0.5):
    return Several(matches, (0, 1), precision, recall)


def figures(by_dataset):
    return Figures(recall=0.995, mean_iou=0.9, false_per_1000=10, several=by_dataset)


def timed(ms, number_format="int8"):
    return Timed(About({"network": "1.0.0", "litert": number_format}, 0.5), ms)


def reached(compared, *, compact_mb=nan, by_default=True):
    """Whether each line is reached, by its text."""
    lines = must_reach(compared, compact_mb=compact_mb, by_default=by_default)
    return {line.what: line.reached for line in lines}


def compact_only(own):
    return Compared(figures={"ours, compact": own})


@pytest.mark.parametrize(
    ("precision", "recall"), [(1, 0.5), (0.76, 0.5), (0.75, 0.75), (0.67, 0.75), (0, 0.75)]
)
def test_recall_is_the_best_of_the_thresholds_that_are_precise_enough(precision, recall):
    assert best_recall(MATCHES, precision=precision) == recall


def test_detections_of_one_probability_are_taken_together():
    """No threshold takes the right one of two without the false one."""
    tied = replace(MATCHES, probabilities=np.array([0.9, 0.8, 0.8, 0.6], np.float32))
    assert best_recall(tied, precision=0.9) == 0.25


def test_nothing_found_is_no_recall():
    assert best_recall(Matches(np.empty(0), np.empty(0), 3), precision=0.5) == 0


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({}, None),
        ({"recall": 0.989}, "photos of one face: recall, %"),
        ({"mean_iou": 0.849}, "photos of one face: mean IoU"),
        ({"false_per_1000": 10.1}, "false faces per 1,000 photos without one"),
    ],
)
def test_a_figure_beyond_its_limit_is_not_reached(change, missed):
    ours = reached(compact_only(replace(figures({}), **change)))
    assert len(ours) == 3
    assert [what for what, yes in ours.items() if not yes] == [
        text for text in (f"compact, {missed}",) if missed
    ]


def test_what_was_not_measured_has_no_line():
    assert reached(Compared()) == {}
    nothing = Figures(recall=nan, mean_iou=nan, false_per_1000=nan, several={})
    assert reached(compact_only(nothing)) == {}
    assert reached(Compared(figures={"YuNet": figures({"group": several()})})) == {}


def test_photos_of_several_faces_count_together():
    # Of average precision 11/16, and of 1.
    perfect = Matches(np.array([0.9], np.float32), np.array([0.9], np.float32), 1)
    what = "compact, photos of several faces: average precision"
    alone = reached(compact_only(figures({"group": several()})))
    both = {"group": several(), "crowd": several(), "together": several(perfect)}
    assert not alone[what]
    assert reached(compact_only(figures(both)))[what]


def test_ours_is_held_against_every_peer():
    worse = replace(MATCHES, ious=np.array([0, 0, 0.8, 0.7], np.float32))
    by_name = {
        "ours, compact": several(),
        "ours, original": several(),
        "YuNet": several(precision=PRECISION_OF_OURS, recall=0.74),
        "MTCNN": several(worse, precision=0.8, recall=0.5),
        "mute": several(worse, precision=1.0, recall=0.0),
    }
    compared = Compared(figures={name: figures({"group": one}) for name, one in by_name.items()})
    recall = "compact, photos of several faces: recall, % where precision is"
    assert {
        what: yes for what, yes in reached(compared).items() if "several faces" in what
    } == {
        "compact, photos of several faces: average precision": False,
        # As good as the best is not better.
        "compact, photos of several faces: average precision; the best other is YuNet": False,
        f"{recall} YuNet's 75 %": True,
        f"{recall} MTCNN's 80 %": False,
    }  # fmt: skip


def test_the_target_tells_the_other_figure():
    assert above("a", 0.71503, 0.8) == ("a", "> 0.715", 0.8, True)
    assert not above("a", 0.8, 0.8).reached


@pytest.mark.parametrize(("ms", "yes"), [(40, True), (39.9, False)])
def test_the_compact_localizer_is_held_against_the_original(ms, yes):
    times = {"original with litert": timed(ms), "compact with litert": timed(4)}
    what = "compact localizer with litert and int8: times faster than the original's"
    assert reached(Compared(timed=times)) == {what: yes}
    times["original with litert"] = timed(ms, "float16")
    assert reached(Compared(timed=times)) == {}


@pytest.mark.parametrize(("ms", "yes"), [(5, True), (5.1, False)])
def test_the_default_engine_is_the_one_that_ran_the_pair(ms, yes):
    times = {
        "ours, compact": timed(9),
        "compact with litert": timed(ms),
        "compact with savedmodel": timed(inf),
    }
    what = "compact localizer with the default engine: ms"
    assert reached(Compared(timed=times)) == {what: yes}
    assert reached(Compared(timed=times), by_default=False) == {}


@pytest.mark.parametrize(("mb", "yes"), [(12, True), (12.1, False)])
def test_the_compact_pair_is_small(mb, yes):
    assert reached(Compared(), compact_mb=mb) == {"compact, both artifacts, MB": yes}
