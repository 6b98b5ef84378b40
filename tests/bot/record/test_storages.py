"""What only one kind of record can get wrong."""

import sqlite3
import time
from contextlib import closing

import fakeredis
import pytest
from aiohttp.test_utils import unused_port
from redis.exceptions import RedisError

from bot.record.clock import steady_time
from bot.record.jobs import Kind, RecordError, Verdict
from bot.record.redis import LEASE_S, RedisRecord
from bot.record.redis_migration import move_first_version
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


@pytest.fixture
async def two_bots():
    """Their records in one Redis, and its clock."""
    clock, server = Clock(), fakeredis.FakeServer()
    records = [
        RedisRecord(
            fakeredis.FakeAsyncRedis(server=server, decode_responses=True),
            prefix="{}:",
            rules=RULES,
            clock=clock,
        )
        for _ in range(2)
    ]
    yield clock, *records
    for record in records:
        await record.close()


async def test_a_process_keeps_its_lease_and_a_dead_one_loses_it(two_bots):
    clock, one, other = two_bots
    await take_in(one, photo(1, clock))
    lost = await one.claim(Kind.PHOTOS)

    for _ in range(6):
        clock.now += LEASE_S / 3
        await one.renew_leases()
        assert await other.claim(Kind.PHOTOS) is None
    for _ in range(2):
        clock.now += LEASE_S / 3
        assert await other.claim(Kind.PHOTOS) is None
    clock.now += LEASE_S / 3 + 1
    taken_over = await other.claim(Kind.PHOTOS)

    assert taken_over.attempt == 2
    assert not await one.sending(lost, now=True)
    await one.postpone(lost, 0)
    assert await one.claim(Kind.PHOTOS) is None
    assert await other.sending(taken_over, now=True)


async def test_a_stall_of_redis_takes_nobodys_lease(two_bots):
    clock, one, other = two_bots
    await take_in(one, photo(1, clock))
    job = await one.claim(Kind.PHOTOS)

    clock.now += 10 * LEASE_S

    assert await other.claim(Kind.PHOTOS) is None
    assert await one.claim(Kind.PHOTOS) is None
    await one.renew_leases()
    clock.now += LEASE_S / 3
    assert await other.claim(Kind.PHOTOS) is None
    assert await one.sending(job, now=True)


async def test_what_a_process_still_has_in_hand_it_does_not_claim_again(two_bots):
    clock, one, other = two_bots
    await take_in(one, photo(1, clock))
    job = await one.claim(Kind.PHOTOS)
    for _ in range(4):
        clock.now += LEASE_S / 3
        assert await one.claim(Kind.PHOTOS) is None

    await one.finish(job)

    assert await one.waiting() == 0
    assert await other.claim(Kind.PHOTOS) is None


async def test_an_answer_that_was_sent_after_all_is_not_sent_by_the_next(two_bots):
    clock, one, other = two_bots
    await take_in(one, photo(1, clock))
    sent = await one.claim(Kind.PHOTOS)
    for _ in range(3):
        clock.now += LEASE_S / 3 + 1
        taken_over = await other.claim(Kind.PHOTOS)

    await one.finish(sent)

    assert taken_over
    assert not await other.sending(taken_over, now=True)


async def test_leases_go_by_the_clock_of_redis(monkeypatch):
    record = RedisRecord(fakeredis.FakeAsyncRedis(decode_responses=True), prefix="{}:", rules=RULES)
    await take_in(record, photo(1, Clock(now=0)))  # by a bot whose clock is decades late

    assert await record.claim(Kind.PHOTOS)
    assert await record.overdue(3600) == []
    await record.close()


async def test_what_waits_in_the_first_version_of_redis_is_taken_over():
    redis, clock = fakeredis.FakeAsyncRedis(decode_responses=True), Clock()
    bodies = {
        each.update_id: each.model_dump_json(exclude={"spoiler", "asked"})
        for each in (photo(1, clock, album_id="a"), photo(2, clock, album_id="a"))
    }
    await redis.hset("photo-appeal:5:job:7:a", mapping=bodies)
    await redis.zadd("photo-appeal:5:due", {"7:a": 1})
    for update_id in (1, 2, 3):
        await redis.set(f"photo-appeal:5:seen:{update_id}", 1, ex=3600)
    await redis.hset("photo-appeal:5:languages", "7", "ru")
    await redis.set("photo-appeal:55:seen:9", 1)
    new = "photo-appeal:{5}:"
    record = RedisRecord(redis, prefix=new, rules=RULES, clock=clock)

    assert await move_first_version(redis, record, old="photo-appeal:5:", new=new) == 2

    clock.now += 3
    assert len((await record.claim(Kind.PHOTOS)).photos) == 2
    assert [await record.take_in(update_id) for update_id in (1, 3)] == [Verdict.KNOWN] * 2
    assert await record.language(7) == "ru"
    assert await redis.keys("photo-appeal:5:*") == []
    assert await redis.keys("photo-appeal:55:*") == ["photo-appeal:55:seen:9"]
    assert await move_first_version(redis, record, old="photo-appeal:5:", new=new) == 0
    await record.close()


FIRST_RELEASES = {
    "288ee2f": "key TEXT PRIMARY KEY, user_id INTEGER NOT NULL, received_at REAL NOT NULL,"
    " due_at REAL NOT NULL, attempt INTEGER NOT NULL DEFAULT 0,"
    " claimed INTEGER NOT NULL DEFAULT 0",
    "581d4b2": "key TEXT PRIMARY KEY, user_id INTEGER NOT NULL, received_at REAL NOT NULL,"
    " turn_at REAL NOT NULL, due_at REAL NOT NULL, attempt INTEGER NOT NULL DEFAULT 0,"
    " claimed INTEGER NOT NULL DEFAULT 0, noticed INTEGER NOT NULL DEFAULT 0",
}


def old_file(path, jobs: str, clock: Clock) -> None:
    """As an earlier commit left it, with an album, a photo and a damaged one."""
    waiting = [photo(1, clock, album_id="a"), photo(2, clock, album_id="a"), photo(3, clock)]
    db = sqlite3.connect(path)
    db.executescript(f"""
        CREATE TABLE seen (update_id INTEGER PRIMARY KEY, at REAL NOT NULL);
        CREATE TABLE jobs ({jobs});
        CREATE INDEX jobs_due ON jobs (claimed, due_at);
        CREATE TABLE photos (
            update_id INTEGER PRIMARY KEY, job_key TEXT NOT NULL REFERENCES jobs (key),
            user_id INTEGER NOT NULL, body TEXT NOT NULL);
        CREATE INDEX photos_job ON photos (job_key);
        CREATE INDEX photos_user ON photos (user_id);
        CREATE TABLE languages (user_id INTEGER PRIMARY KEY, language TEXT NOT NULL);
        INSERT INTO languages VALUES (7, 'ru');
        INSERT INTO photos VALUES (9, '9', 8, 'not JSON');
    """)
    for each in waiting:
        body = each.model_dump_json(exclude={"spoiler", "asked"})
        row = (each.update_id, each.job_key, each.user_id, body)
        db.execute("INSERT INTO photos VALUES (?, ?, ?, ?)", row)
        db.execute("INSERT INTO seen VALUES (?, ?)", (each.update_id, clock.now))
    db.commit()
    db.close()


@pytest.mark.parametrize("release", FIRST_RELEASES)
async def test_the_file_of_an_earlier_version_is_taken_over(tmp_path, release):
    clock = Clock()
    old_file(tmp_path / "record.sqlite3", FIRST_RELEASES[release], clock)

    await SqliteRecord(tmp_path / "record.sqlite3", rules=RULES, clock=clock).close()
    record = SqliteRecord(tmp_path / "record.sqlite3", rules=RULES, clock=clock)

    jobs = []
    while job := await record.claim(Kind.PHOTOS):
        jobs.append([photo.update_id for photo in job.photos])
        await record.finish(job)
    assert sorted(jobs) == [[1, 2], [3]]
    assert record.damaged == 1
    assert await record.take_in(1) is Verdict.KNOWN
    assert await record.language(7) == "ru"
    await record.close()


async def test_a_damaged_entry_is_set_aside_and_the_rest_goes_on(tmp_path, caplog):
    clock, path = Clock(), tmp_path / "record.sqlite3"
    record = SqliteRecord(path, rules=RULES, clock=clock)
    await take_in(record, photo(1, clock, album_id="a"), photo(2, clock, album_id="a"))
    await take_in(record, photo(3, clock, chat_id=8, user_id=8))
    await take_in(record, photo(4, clock, chat_id=9, user_id=9))
    await record.close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE entries SET body = json_remove(body, '$.chat_id') WHERE update_id = 1")
        db.execute("UPDATE entries SET body = '{' WHERE update_id = 3")
        db.execute("DELETE FROM entries WHERE update_id = 4")
    clock.now += 5
    record = SqliteRecord(path, rules=RULES, clock=clock)

    jobs = [await record.claim(Kind.PHOTOS) for _ in range(2)]

    assert [job and job.first.update_id for job in jobs] == [2, None]
    assert record.damaged == 2
    assert caplog.text.count("is damaged and set aside") == 2
    await record.close()


async def test_a_damaged_entry_in_redis_is_set_aside(two_bots):
    clock, one, _ = two_bots
    await take_in(one, photo(1, clock, album_id="a"), photo(2, clock, album_id="a"))
    await take_in(one, photo(3, clock, chat_id=8, user_id=8))
    await one._redis.hset("{}:job:7:a", "1", "{")
    await one._redis.hset("{}:job:3", "3", "{}")
    clock.now += 5

    jobs = [await one.claim(Kind.PHOTOS) for _ in range(2)]

    assert [job and job.first.update_id for job in jobs] == [2, None]
    assert one.damaged == 2
    assert await one.waiting() == 1


async def test_a_file_that_is_no_database_is_named_with_what_to_do(tmp_path):
    (tmp_path / "record.sqlite3").write_bytes(b"no database" * 1000)

    with pytest.raises(RecordError, match="not a database; move it away"):
        SqliteRecord(tmp_path / "record.sqlite3", rules=RULES)


async def test_a_file_of_a_newer_version_is_left_alone(tmp_path):
    path = tmp_path / "record.sqlite3"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")

    with pytest.raises(RecordError, match=r"newer version of the bot .* update the bot"):
        SqliteRecord(path, rules=RULES)


def test_the_bots_clock_ignores_that_the_machines_is_set_back(monkeypatch):
    before = steady_time()
    monkeypatch.setattr(time, "time", lambda: 0.0)

    assert 0 <= steady_time() - before < 60


async def test_every_storage_error_is_a_record_error():
    redis = fakeredis.FakeAsyncRedis(connected=False, decode_responses=True)
    record = RedisRecord(redis, prefix="", rules=RULES)

    with pytest.raises(RecordError) as caught:
        await record.waiting()

    assert isinstance(caught.value.__cause__, RedisError)
    await record.close()
