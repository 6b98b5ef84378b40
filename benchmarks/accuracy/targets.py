"""The lines that the compact pair must reach, in photos and beside the detectors of others."""

from collections.abc import Iterator, Mapping
from math import isnan

import numpy as np

from benchmarks.accuracy.answers import Timed
from benchmarks.accuracy.comparing import Compared
from benchmarks.accuracy.detectors import OURS
from benchmarks.accuracy.faces import Figures, Several
from benchmarks.accuracy.localizers import ENGINES, beside_each_other, name_of
from benchmarks.report.lines import Line, above, at_least, at_most
from benchmarks.report.pages import significant
from training.detector.metrics import Matches

COMPACT = OURS["compact"]
SINGLE, SEVERAL = "compact, photos of one face:", "compact, photos of several faces:"
LEAST_RECALL_PERCENT = 99
LEAST_MEAN_IOU = 0.85
LEAST_AVERAGE_PRECISION = 0.85
MOST_FALSE_PER_1000 = 10
TIMES_THE_ORIGINAL = 10
MOST_MS = 5
MOST_MB = 12


def must_reach(compared: Compared, *, compact_mb: float, by_default: bool) -> list[Line]:
    """Every line whose figure there is, the finding first, then the times and the size.

    compact_mb: of both artifacts, nan where they are not there. by_default: whether ours were
    asked with the engine that they have by default.
    """
    lines = [
        *_accuracy_lines(compared.figures),
        *_speed_lines(compared.timed),
        *(_default_lines(compared.timed) if by_default else ()),
        at_most("compact, both artifacts, MB", MOST_MB, compact_mb),
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
    yield at_least(f"{SINGLE} recall, %", LEAST_RECALL_PERCENT, 100 * ours.recall)
    yield at_least(f"{SINGLE} mean IoU", LEAST_MEAN_IOU, ours.mean_iou)
    if several := ours.all_several:
        yield from _several_lines(several, _peers(figures))
    what = "compact, false faces per 1,000 photos without one"
    yield at_most(what, MOST_FALSE_PER_1000, ours.false_per_1000)


def _peers(figures: Mapping[str, Figures]) -> dict[str, Several]:
    others = {name: each.all_several for name, each in figures.items() if name not in OURS.values()}
    return {name: several for name, several in others.items() if several}


def _several_lines(ours: Several, peers: Mapping[str, Several]) -> Iterator[Line]:
    what, measured = f"{SEVERAL} average precision", ours.matches.average_precision
    yield at_least(what, LEAST_AVERAGE_PRECISION, measured)
    if peers:
        name = max(peers, key=lambda name: peers[name].matches.average_precision)
        limit = peers[name].matches.average_precision
        yield above(f"{what}; the best other is {name}", limit, measured)
    for name, peer in peers.items():
        if peer.recall:  # one that finds no face has no precision to be held to
            yield _recall_line(ours, name, peer)


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


def _default_lines(timed: Mapping[str, Timed]) -> Iterator[Line]:
    """The engine is taken from what ran the pair, as a setting may leave it to the service."""
    ran = timed[COMPACT].about.versions if COMPACT in timed else {}
    for engine in ENGINES:
        if engine in ran and (alone := timed.get(name_of("compact", engine))):
            yield at_most("compact localizer with the default engine: ms", MOST_MS, alone.ms)
