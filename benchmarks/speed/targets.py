"""The lines that the service must reach beside a naive one, each with what was measured."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from benchmarks.report.lines import Line, at_least, at_most
from benchmarks.speed.load import Load, Measured
from benchmarks.speed.overload import TIMES, Overloaded

TOGETHER, ALONE = Load("annotate", 1280, 8), Load("annotate", 1280, 1)
TIMES_TOGETHER = {"original savedmodel": 5, "original litert": 10, "compact auto": 40}
TIMES_ALONE = {"original savedmodel": 4, "original litert": 8}
MAX_TIMES_CODEC = 1.5
MAX_TIMES_MEDIAN = 1.5
Results = Mapping[Load, Mapping[str, Measured]]
"""By load and by server's name; the first is the naive one."""


class First(NamedTuple):
    """Seconds of the first photo after a start, and how many times as long as the next it took."""

    latency_s: float
    times_next: float


def speed_lines(results: Results, firsts: Mapping[str, First], codec_s: float) -> Iterator[Line]:
    """How much faster than the naive service; `codec_s` is decode and encode alone."""
    for name, least in TIMES_TOGETHER.items():
        if found := _pair(results, TOGETHER, name):
            times = found[1].photos_per_s / found[0].photos_per_s
            yield at_least(f"{name}, 8 clients, annotate: times naive's photos/s", least, times)
    for name, least in TIMES_ALONE.items():
        if found := _pair(results, ALONE, name):
            times = found[0].latency_s(50) / found[1].latency_s(50)
            yield at_least(f"{name}, one photo alone, annotate: times faster", least, times)
    if found := _pair(results, ALONE, "compact auto"):
        times = found[1].latency_s(50) / codec_s
        yield at_most(
            "compact auto, annotate: times decode and encode alone", MAX_TIMES_CODEC, times
        )
    for name in TIMES_TOGETHER:
        if name in firsts:
            what = f"{name}: first photo, times the median of those after it"
            yield at_most(what, MAX_TIMES_MEDIAN, firsts[name].times_next)


def overload_lines(seen: Overloaded) -> Iterator[Line]:
    """What is asked of the service under ten times the load that it can bear."""
    sent = seen.offered_per_s / seen.peak_per_s
    yield at_least("overload: times the capacity, as really sent", 0.9 * TIMES, sent)
    yield at_most("overload: answers other than 200, 503, 504", 0, seen.errors)
    yield at_least("overload: % of the admitted answered in time", 95, 100 * seen.kept_share)
    yield at_most("overload: ms until a 503, 95th percentile", 50, 1000 * seen.refusal_s(95))
    share = 100 * seen.answered_per_s / seen.peak_per_s
    yield at_least("overload: photos/s, % of the peak", 90, share)
    yield at_most("overload: ms of the slowest health check", 250, 1000 * max(seen.health_s))
    yield at_most("overload: s until recovered", 2, seen.recovery_s)


def _pair(results: Results, load: Load, name: str) -> tuple[Measured, Measured] | None:
    by_name = results.get(load, {})
    return (by_name["naive"], by_name[name]) if {"naive", name} <= by_name.keys() else None
