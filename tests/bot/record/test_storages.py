"""What only one kind of record can get wrong."""

import fakeredis
import pytest
from aiohttp.test_utils import unused_port
from redis.exceptions import RedisError

from bot.record.jobs import RecordError
from bot.record.redis import LEASE_S, RedisRecord
from bot.record.sqlite import SqliteRecord
from tests.bot.record.waiting_photos import RULES, Clock, photo, take_in


async def test_a_second_process_on_one_file_is_turned_away(tmp_path):
    first = SqliteRecord(tmp_path / "record.sqlite3", rules=RULES)

    with pytest.raises(RecordError, match="locked"):
        SqliteRecord(tmp_path / "record.sqlite3", rules=RULES)

    await first.close()


async def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(RecordError, match="file"):
        SqliteRecord(tmp_path / "file" / "record.sqlite3", rules=RULES)


async def test_a_redis_that_is_away_is_a_record_error():
    with pytest.raises(RecordError, match="Redis"):
        await RedisRecord.open(f"redis://127.0.0.1:{unused_port()}", prefix="", rules=RULES)


async def test_a_process_keeps_its_lease_and_a_dead_one_loses_it():
    clock = Clock()
    server = fakeredis.FakeServer()
    records = [
        RedisRecord(
            fakeredis.FakeAsyncRedis(server=server, decode_responses=True),
            prefix="",
            rules=RULES,
            clock=clock,
        )
        for _ in range(2)
    ]
    await take_in(records[0], photo(1, clock))
    await records[0].claim()

    clock.now += LEASE_S - 1
    await records[0].renew_leases()
    clock.now += LEASE_S - 1
    assert await records[1].claim() is None
    clock.now += 2

    assert (await records[1].claim()).attempt == 2
    for record in records:
        await record.close()


async def test_every_storage_error_is_a_record_error():
    redis = fakeredis.FakeAsyncRedis(connected=False, decode_responses=True)
    record = RedisRecord(redis, prefix="", rules=RULES)

    with pytest.raises(RecordError) as caught:
        await record.waiting()

    assert isinstance(caught.value.__cause__, RedisError)
    await record.close()
