"""Photos are taken in by predicted wait, not by count."""

from contextlib import ExitStack

import pytest

from inference_api.admission import Admission
from inference_api.errors import OverloadedError


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
        for _ in range(4):
            stack.enter_context(admission.admit())
        with pytest.raises(OverloadedError) as caught, admission.admit():
            pass
    assert caught.value.retry_after_s == pytest.approx(0.25)


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
