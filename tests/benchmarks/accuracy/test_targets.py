"""What the compact pair must reach: right beside the limits, and left out without figures."""

from dataclasses import replace
from math import nan

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


def several(matches=MATCHES, *, precision=1.0, recall=0.5, tiny=0.5, exact=0.2, by_size=(1, 1, 1)):
    return Several(matches, (0, 1), precision, recall, tiny, exact, by_size)


def figures(by_dataset):
    return Figures(recall=0.995, mean_iou=0.89, false_per_1000=8, several=by_dataset)


def timed(ms, number_format="int8"):
    return Timed(About({"network": "1.0.0", "litert": number_format}, 0.5), ms)


def reached(compared, *, detector_mb=nan):
    """Whether each line is reached, by its text."""
    lines = must_reach(compared, detector_mb=detector_mb)
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
        ({"recall": 0.9949}, "photos of one face: recall, %"),
        ({"mean_iou": 0.8899}, "photos of one face: mean IoU"),
        ({"false_per_1000": 8.1}, "false faces per 1,000 photos without one"),
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


@pytest.mark.parametrize(("size", "least"), [(0, 0.85), (1, 0.93), (2, 0.95)])
def test_each_size_of_faces_has_a_recall_of_its_own(size, least):
    def lines(recall):
        own = several(by_size=tuple(recall if at == size else 1 for at in range(3)))
        by_text = reached(compact_only(figures({"group": own})))
        return [yes for what, yes in by_text.items() if "pixels" in what]

    assert lines(least) == [True, True, True]
    assert lines(least - 0.001) == [at != size for at in range(3)]


def test_photos_of_several_faces_count_together():
    # Of average precision 11/16, and of 1.
    perfect = Matches(np.array([0.9], np.float32), np.array([0.9], np.float32), 1)
    alone = {"group": several()}
    both = {"group": several(), "crowd": several(), "together": several(perfect)}
    what = "compact, photos of several faces: average precision, ahead of YuNet's 0.688"

    def ahead(ours):
        return reached(Compared(figures={"ours, compact": figures(ours), "YuNet": figures(alone)}))[
            what
        ]

    assert not ahead(alone)
    assert ahead(both)


@pytest.mark.parametrize(
    ("yunet", "missed"),
    [
        ({"tiny": 0.51}, "average precision from 10 pixels on; YuNet's"),
        ({"exact": 0.101}, "average precision at IoU 0.75; twice YuNet's"),
        ({"recall": 0.51, "precision": 0.7}, "recall, %, group; YuNet's"),
    ],
)
def test_ours_is_held_against_yunet(yunet, missed):
    worse = replace(MATCHES, ious=np.array([0, 0, 0.8, 0.7], np.float32))
    as_good = {"tiny": 0.5, "exact": 0.1, "recall": 0.5, "precision": 0.7}
    texts = {
        what
        for what, yes in reached(_beside(several(worse, **as_good | yunet))).items()
        if not yes and "face" in what
    }
    assert texts == {f"compact, photos of several faces: {missed}"}
    assert all(reached(_beside(several(worse, **as_good))).values())


def _beside(yunet):
    both = {"ours, compact": several(), "YuNet": yunet}
    return Compared(figures={name: figures({"group": one}) for name, one in both.items()})


def test_recall_is_compared_where_ours_is_as_precise():
    peers = {
        "ours, compact": several(),
        "MTCNN": several(precision=0.8, recall=0.5),
        "cascade": several(precision=PRECISION_OF_OURS, recall=0.74),
        "mute": several(precision=1.0, recall=0.0),
    }
    compared = Compared(figures={name: figures({"group": one}) for name, one in peers.items()})
    recall = "compact, photos of several faces: recall, % where precision is"
    lines = {what: yes for what, yes in reached(compared).items() if "precision is" in what}
    assert lines == {f"{recall} cascade's 75 %": True, f"{recall} MTCNN's 80 %": False}


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


@pytest.mark.parametrize(
    ("ms", "one", "two"), [(7, True, True), (14, False, True), (15, False, False)]
)
def test_ours_takes_no_longer_than_yunet_or_twice_as_long_where_there_are_several(ms, one, two):
    times = {"ours, compact": timed(ms), "YuNet": timed(7)}
    single, several = (
        reached(Compared(timed=times)),
        reached(Compared(timed_several=times)),
    )
    assert single == {"compact, photos of one face: ms; 1 times YuNet's 7": one}
    assert several == {"compact, photos of several faces: ms; 2 times YuNet's 7": two}


@pytest.mark.parametrize(("mb", "yes"), [(8, True), (8.1, False)])
def test_the_compact_detector_is_small(mb, yes):
    assert reached(Compared(), detector_mb=mb) == {"compact detector, all formats, MB": yes}
