"""Answers a second are counted over the time until the last of them, however long that is."""

import pytest

from benchmarks.speed.client import Reply
from benchmarks.speed.overload import Overloaded, overload
from tests.benchmarks.stand_in import SLOW_S

SENDING_S = 0.2


async def test_answers_that_come_late_are_no_answers_within_the_time_of_sending(server):
    seen = await overload(server, [b"slow"], seconds=SENDING_S)
    assert seen.count(200) > 0
    assert 0 < seen.answered_per_s <= seen.count(200) / SLOW_S
    assert seen.recovery_s >= SLOW_S + SLOW_S - SENDING_S - 0.05


@pytest.mark.parametrize(
    ("statuses", "kept"),
    [((), 0), ((503,), 0), ((200,), 1), ((200, 503), 1), ((200, 504, 504, 504), 0.25)],
)
def test_only_what_was_admitted_can_be_kept(statuses, kept):
    replies = tuple(Reply(status, 1) for status in statuses)
    assert Overloaded(10, 100, 9, replies, (0.1,), 1).kept_share == kept
