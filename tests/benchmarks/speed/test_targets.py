"""The lines that must be reached: right beside their limits, and left out without figures."""

import pytest

from benchmarks.report.lines import as_table, at_least, at_most
from benchmarks.speed.client import Reply
from benchmarks.speed.load import Load, Measured
from benchmarks.speed.overload import Overloaded
from benchmarks.speed.targets import ALONE, TOGETHER, First, overload_lines, speed_lines


def took(seconds: float) -> Measured:
    return Measured((seconds,), elapsed_s=seconds, cpu_s=1, health_s=(0.01,), rss_mb=1)


@pytest.mark.parametrize(("measured", "least", "most"), [(4.9, 0, 1), (5, 1, 1), (5.1, 1, 0)])
def test_the_limit_itself_is_reached(measured, least, most):
    assert at_least("a", 5, measured).reached == bool(least)
    assert at_most("a", 5, measured).reached == bool(most)


@pytest.mark.parametrize(("ours_s", "reached"), [(0.2, True), (0.21, False)])
def test_ours_is_held_against_the_naive_service(ours_s, reached):
    results = {TOGETHER: {"naive": took(1), "original savedmodel": took(ours_s)}}
    (line,) = speed_lines(results, {}, codec_s=1)
    assert line.reached == reached


def test_the_compact_pair_is_held_against_decode_and_encode():
    results = {ALONE: {"naive": took(1), "compact auto": took(0.03)}}
    assert [line.measured for line in speed_lines(results, {}, codec_s=0.02)] == [
        pytest.approx(1.5)
    ]


def test_what_was_not_measured_has_no_line():
    results = {Load("predict", 640, 1): {"naive": took(1), "original litert": took(1)}}
    assert [*speed_lines(results, {"naive": First(1, 2)}, codec_s=1)] == []


@pytest.mark.parametrize(("times", "reached"), [(1.5, True), (1.6, False)])
def test_the_first_photo_is_held_against_those_after_it(times, reached):
    (line,) = speed_lines({}, {"original litert": First(9, times)}, codec_s=1)
    assert line.reached == reached


def test_an_overload_that_ends_in_errors_is_not_passed():
    good = Overloaded(10, 100, 9, (Reply(200, 1), Reply(503, 0.05)), (0.25,), 2)
    bad = Overloaded(10, 89, 8.9, (Reply(500, 1), Reply(503, 0.06)), (0.26,), 2.1)
    assert all(line.reached for line in overload_lines(good))
    assert not any(line.reached for line in overload_lines(bad))
    assert as_table([*overload_lines(bad)]).count("**no**") == 7
