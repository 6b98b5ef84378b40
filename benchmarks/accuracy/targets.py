"""The lines that the compact pair must reach, in photos and beside the detectors of others."""

from collections.abc import Iterator, Mapping
from math import inf, isnan

import numpy as np

from benchmarks.accuracy.answers import Timed
from benchmarks.accuracy.comparing import Compared
from benchmarks.accuracy.detectors import OURS
from benchmarks.accuracy.faces import EXACT_IOU, SIZES, TINIEST, TOGETHER, Figures, Several
from benchmarks.accuracy.localizers import beside_each_other
from benchmarks.report.lines import Line, above, at_least, at_most
from benchmarks.report.pages import significant
from training.detector.metrics import Matches

COMPACT, PEER = OURS["compact"], "YuNet"
SINGLE, SEVERAL = "compact, photos of one face:", "compact, photos of several faces:"
MIN_RECALL_PERCENT = 99.5
MIN_MEAN_IOU = 0.89
AHEAD = 0.03  # of the peer's average precision
TIMES_AS_EXACT = 2  # as the peer
MIN_RECALL_BY_SIZE = (85, 93, 95)  # percent, of each of SIZES
MAX_FALSE_PER_1000 = 8
TIMES_THE_ORIGINAL = 10
TIMES_THE_PEER = {"one face": 1, "several faces": 2}  # milliseconds
MAX_MB = 8


def must_reach(compared: Compared, *, detector_mb: float) -> list[Line]:
    """Every line whose figure there is, the finding first, then the times and the size.

    detector_mb: of the compact detector's artifact, nan where it is not there.
    """
    lines = [
        *_accuracy_lines(compared.figures),
        *_time_lines("one face", compared.timed),
        *_time_lines("several faces", compared.timed_several),
        *_speed_lines(compared.timed),
        at_most("compact detector, all formats, MB", MAX_MB, detector_mb),
    ]
    return [line for line in lines if not isnan(line.measured)]


def best_recall(matches: Matches, *, precision: float) -> float:
    """The most recall that any threshold reaches with a precision of at least `precision`.

    Both are shares, 0–1.
    """
    reached = (
        matches.precision_recall(threshold=threshold)
        for threshold in np.unique(matches.probabilities)
    )
    return max((recall for exact, recall in reached if exact >= precision), default=0.0)


def _accuracy_lines(figures: Mapping[str, Figures]) -> Iterator[Line]:
    if not (ours := figures.get(COMPACT)):
        return
    yield at_least(f"{SINGLE} recall, %", MIN_RECALL_PERCENT, 100 * ours.recall)
    yield at_least(f"{SINGLE} mean IoU", MIN_MEAN_IOU, ours.mean_iou)
    yield from _several_lines(ours, figures)
    what = "compact, false faces per 1,000 photos without one"
    yield at_most(what, MAX_FALSE_PER_1000, ours.false_per_1000)


def _peers(figures: Mapping[str, Figures]) -> dict[str, Several]:
    others = {name: each.all_several for name, each in figures.items() if name not in OURS.values()}
    return {name: several for name, several in others.items() if several}


def _several_lines(ours: Figures, figures: Mapping[str, Figures]) -> Iterator[Line]:
    own, peers = ours.all_several, _peers(figures)
    if not own:
        return
    if peer := peers.get(PEER):
        beside = f"of {PEER}'s {significant(peer.matches.average_precision)}"
        what = f"{SEVERAL} average precision, ahead {beside}"
        ahead = own.matches.average_precision - peer.matches.average_precision
        yield at_least(what, AHEAD, ahead)
        what = f"{SEVERAL} average precision from {TINIEST:g} pixels on; {PEER}'s"
        yield at_least(what, _four(peer.average_precision_tiny), own.average_precision_tiny)
        what = f"{SEVERAL} average precision at IoU {EXACT_IOU:g}; twice {PEER}'s"
        limit = _four(TIMES_AS_EXACT * peer.average_precision_exact)
        yield at_least(what, limit, own.average_precision_exact)
        for name, theirs in figures[PEER].several.items():
            if name != TOGETHER and (mine := ours.several.get(name)):
                what = f"{SEVERAL} recall, %, {name}; {PEER}'s"
                yield at_least(what, _four(100 * theirs.recall), 100 * mine.recall)
    sizes = zip(SIZES, MIN_RECALL_BY_SIZE, own.recall_by_size, strict=True)
    for (low, high), least, recall in sizes:
        between = f"{low:g} to {high:g}" if high < inf else f"over {low:g}"
        yield at_least(f"{SEVERAL} recall, %, {between} pixels", least, 100 * recall)
    for name, peer in peers.items():
        if peer.recall:  # one that finds no face has no precision to be held to
            yield _recall_line(own, name, peer)


def _four(figure: float) -> float:
    """A limit that was measured, in as many digits as are told."""
    return round(figure, 4)


def _recall_line(ours: Several, name: str, peer: Several) -> Line:
    """At the peer's precision, as the thresholds of two detectors mean different things."""
    percent = significant(100 * peer.precision)
    what = f"{SEVERAL} recall, % where precision is {name}'s {percent} %"
    measured = best_recall(ours.matches, precision=peer.precision)
    return above(what, 100 * peer.recall, 100 * measured)


def _speed_lines(timed: Mapping[str, Timed]) -> Iterator[Line]:
    for pair in beside_each_other(timed):
        if pair.original_format == pair.compact_format:
            engine = f"{pair.engine} and {pair.compact_format}"
            what = f"compact localizer with {engine}: times faster than the original's"
            yield at_least(what, TIMES_THE_ORIGINAL, pair.times)


def _time_lines(kind: str, timed: Mapping[str, Timed]) -> Iterator[Line]:
    """Ours beside the peer, from the photo to its faces, with whatever looks that takes."""
    if COMPACT in timed and PEER in timed:
        times = TIMES_THE_PEER[kind]
        what = f"compact, photos of {kind}: ms; {times} times {PEER}'s {timed[PEER].ms:.3g}"
        yield at_most(what, _four(times * timed[PEER].ms), timed[COMPACT].ms)
