"""A key's quota over longer times than a minute."""

import hashlib
from itertools import count

import pytest

from inference_api.http.keys import KeyRing
from inference_api.http.problems import ProblemError


def let_in(ring, key) -> int:
    """How many photos of `key` are let in now."""
    for admitted in count():
        try:
            ring.admit(key)
        except ProblemError:
            return admitted
    raise AssertionError


@pytest.mark.parametrize(("idle_s", "admitted"), [(0, 0), (29, 0), (30, 1), (60, 2), (3600, 2)])
def test_an_idle_key_saves_up_a_minute_at_the_most(idle_s, admitted):
    now = [0.0]
    digests = tuple(hashlib.sha256(key.encode()).hexdigest() for key in ("one", "other"))
    ring = KeyRing(dict.fromkeys(digests, "somebody"), per_minute=2, clock=lambda: now[0])
    assert let_in(ring, "one") == 2
    now[0] += idle_s
    assert let_in(ring, "one") == admitted
    assert let_in(ring, "other") == 2
