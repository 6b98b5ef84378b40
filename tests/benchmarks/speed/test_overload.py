"""Far more photos than can be answered: all are accounted for."""

import pytest

from benchmarks.speed.client import Reply
from benchmarks.speed.overload import Overloaded, overload


async def test_every_photo_that_was_really_sent_is_accounted_for(server):
    seen = await overload(server, [b"a", b"b"], seconds=0.2)
    assert seen.offered_per_s == pytest.approx(len(seen.replies) / 0.2)
    assert seen.count(200) + seen.count(503) + seen.count(504) + seen.errors == len(seen.replies)
    assert seen.replies
    assert seen.health_s


def test_refusals_are_no_errors_and_what_ran_out_of_time_was_admitted():
    replies = [
        Reply(200, 1),
        Reply(200, 1),
        Reply(200, 1),
        Reply(504, 2),
        Reply(503, 0.01),
        Reply(503, 0.03),
        Reply(500, 0.1),
    ]
    seen = Overloaded(10, 100, 9, tuple(replies), (0.1,), 1)
    assert seen.errors == 1
    assert seen.kept_share == 0.75
    assert seen.refusal_s(100) == 0.03
