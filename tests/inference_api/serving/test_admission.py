"""Photos are taken in by predicted wait, not by count."""

from contextlib import ExitStack, suppress

import pytest

from inference_api.errors import OverloadedError
from inference_api.serving.admission import Admission


def test_nothing_known_means_everything_is_taken():
    admission = Admission(deadline_s=1)
    with ExitStack() as stack:
        for _ in range(1000):
            stack.enter_context(admission.admit())
        assert admission.pending == 1000
    assert admission.pending == 0


def test_what_could_not_be_answered_in_time_is_refused_with_the_time_it_takes():
    admission = Admission(deadline_s=1)
    admission.observe("decode", 0.1)
    admission.observe("infer", 0.15)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(admission.admit())
        with pytest.raises(OverloadedError) as caught:
            admission.check()
        with pytest.raises(OverloadedError), admission.admit():
            pass
    assert caught.value.retry_after_s == pytest.approx(3 * 0.25 - 0.7)
    admission.check()


def test_answers_that_leave_more_slowly_than_the_work_takes_are_believed():
    now = [0.0]
    admission = Admission(deadline_s=10, clock=lambda: now[0])
    admission.observe("infer", 0.01)
    with admission.admit():  # so that something waits all the time
        for _ in range(40):
            with admission.admit():
                now[0] += 0.5
        assert admission.seconds_per_photo == pytest.approx(0.5)
        now[0] += 31  # and nothing was answered meanwhile
        assert admission.seconds_per_photo == pytest.approx(1.5)
    assert admission.seconds_per_photo == 0.01  # nothing waits: the pace says nothing any more


def test_failures_are_no_answers():
    now = [0.0]
    admission = Admission(deadline_s=10, clock=lambda: now[0])
    with admission.admit():
        for _ in range(40):
            with suppress(RuntimeError), admission.admit():
                now[0] += 0.5
                raise RuntimeError
        assert admission.seconds_per_photo == 0


def test_a_photo_that_finds_nothing_before_it_is_always_taken():
    admission = Admission(deadline_s=1)
    admission.observe("infer", 1000)
    with admission.admit():
        assert admission.pending == 1
        with pytest.raises(OverloadedError), admission.admit():
            pass


def test_the_estimate_follows_what_is_seen():
    admission = Admission(deadline_s=1)
    admission.observe("infer", 10)
    for _ in range(100):
        admission.observe("infer", 0.5)
    assert admission.seconds_per_photo == pytest.approx(0.5, abs=0.01)


def test_a_failed_photo_is_no_longer_counted():
    admission = Admission(deadline_s=1)
    with pytest.raises(RuntimeError), admission.admit():
        raise RuntimeError
    assert admission.pending == 0
