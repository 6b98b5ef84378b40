"""What every record of waiting photos must do; each test runs on all of them."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable

import fakeredis
import pytest
from aiohttp.test_utils import unused_port

from bot.record.jobs import (
    REMEMBER_S,
    UNASKED_S,
    Forgotten,
    Kind,
    Record,
    Verdict,
    Words,
)
from bot.record.redis import LEASE_S, RedisRecord
from bot.record.sqlite import SqliteRecord
from tests.bot.record.waiting_photos import RULES, Clock, photo, take_in


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory):
    """A real Redis, where there is one."""
    program = shutil.which("redis-server")
    if not program:
        pytest.skip("redis-server is not installed")
    port = unused_port()
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    folder = tmp_path_factory.mktemp("redis")
    with subprocess.Popen([program, *arguments], cwd=folder, stdout=subprocess.PIPE) as server:
        assert any(b"Ready to accept connections" in line for line in server.stdout)
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


@pytest.fixture(params=["sqlite", "fakeredis", "redis"])
async def open_record(request, clock, tmp_path):
    """Opens the record; again, it closes what was open, as a restart does."""
    opened: list[Record] = []
    server = fakeredis.FakeServer()
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    prefix = f"{{{request.node.name}}}:"

    async def open_one() -> Record:
        while opened:
            await opened.pop().close()
        if request.param == "sqlite":
            record: Record = SqliteRecord(tmp_path / "record.sqlite3", rules=RULES, clock=clock)
        elif request.param == "redis":
            record = await RedisRecord.open(url, prefix=prefix, rules=RULES, clock=clock)
        else:
            redis = fakeredis.FakeAsyncRedis(server=server, decode_responses=True)
            record = RedisRecord(redis, prefix=prefix, rules=RULES, clock=clock)
        opened.append(record)
        return record

    yield open_one
    for record in opened:
        await record.close()


@pytest.fixture
async def record(open_record: Callable[[], Record]) -> Record:
    return await open_record()


async def claim_and_finish(record) -> int:
    """The update that was answered."""
    job = await record.claim(Kind.PHOTOS)
    await record.finish(job)
    return job.first.update_id


async def test_an_empty_record_has_nothing(record):
    assert await record.claim(Kind.PHOTOS) is None
    assert await record.waiting() == 0
    assert await record.overdue(0) == []
    assert await record.forget(7) == Forgotten()
    assert await record.language(7) is None
    assert not await record.holds("1")


async def test_what_is_taken_in_is_claimed_once(record, clock):
    one = photo(1, clock, thread_id=5)

    assert await take_in(record, one) == [Verdict.NEW]

    job = await record.claim(Kind.PHOTOS)
    assert job.photos == (one,)
    assert job.attempt == 1
    assert await record.claim(Kind.PHOTOS) is None
    assert await record.waiting() == 1
    assert await record.holds(one.job_key)


async def test_a_known_update_is_not_taken_in_again(record, clock):
    one = photo(1, clock)
    assert await take_in(record, one, one) == [Verdict.NEW, Verdict.KNOWN]
    await record.finish(await record.claim(Kind.PHOTOS))

    clock.now += REMEMBER_S - 1

    assert await take_in(record, one) == [Verdict.KNOWN]
    assert await record.take_in(1) is Verdict.KNOWN


async def test_an_update_without_a_photo_is_known_too(record):
    assert await record.take_in(5) is Verdict.NEW
    assert await record.take_in(5) is Verdict.KNOWN
    assert await record.claim(Kind.PHOTOS) is None


async def test_what_is_finished_is_gone(record, clock):
    await take_in(record, photo(1, clock))

    await record.finish(await record.claim(Kind.PHOTOS))

    assert await record.waiting() == 0
    assert not await record.holds("1")
    assert await record.claim(Kind.PHOTOS) is None


async def test_a_postponed_job_comes_back_later_and_counts_its_attempts(record, clock):
    await take_in(record, photo(1, clock))
    await record.postpone(await record.claim(Kind.PHOTOS), 10)

    assert await record.claim(Kind.PHOTOS) is None
    clock.now += 10.5

    assert (await record.claim(Kind.PHOTOS)).attempt == 2


async def test_a_postponed_job_keeps_its_turn(record, clock):
    await take_in(record, photo(1, clock))
    await record.postpone(await record.claim(Kind.PHOTOS), 1)
    clock.now += 0.5
    await take_in(record, photo(2, clock, user_id=8))
    clock.now += 1

    assert (await record.claim(Kind.PHOTOS)).first.update_id == 1


async def test_an_album_is_one_job_after_it_settled(record, clock):
    album = [photo(number, clock, album_id="a") for number in (2, 1, 3)]
    await take_in(record, *album[:2])
    clock.now += 1.5
    await take_in(record, album[2])
    clock.now += 1.5
    assert await record.claim(Kind.PHOTOS) is None

    clock.now += 1

    job = await record.claim(Kind.PHOTOS)
    assert [each.update_id for each in job.photos] == [1, 2, 3]


async def test_a_late_photo_of_an_album_is_a_job_of_its_own(record, clock):
    await take_in(record, photo(1, clock, album_id="a"))
    clock.now += 3
    job = await record.claim(Kind.PHOTOS)

    await take_in(record, photo(2, clock, album_id="a"))
    await record.finish(job)

    clock.now += 3
    late = await record.claim(Kind.PHOTOS)
    assert [each.update_id for each in late.photos] == [2]
    assert late.attempt == 1


async def test_albums_of_two_chats_with_one_id_stay_apart(record, clock):
    await take_in(record, photo(1, clock, album_id="a"))
    await take_in(record, photo(2, clock, album_id="a", chat_id=8, user_id=8))
    clock.now += 3

    assert len((await record.claim(Kind.PHOTOS)).photos) == 1
    assert len((await record.claim(Kind.PHOTOS)).photos) == 1


async def test_a_user_may_have_so_many_waiting(record, clock):
    photos = [photo(number, clock) for number in range(1, 5)]

    assert await take_in(record, *photos) == [Verdict.NEW] * 3 + [Verdict.TOO_MANY]

    assert await record.waiting() == 3
    await record.finish(await record.claim(Kind.PHOTOS))
    assert await take_in(record, photo(9, clock)) == [Verdict.NEW]
    assert await take_in(record, photo(4, clock)) == [Verdict.KNOWN]


async def test_many_photos_of_one_do_not_hold_up_another(record, clock):
    await take_in(record, *[photo(number, clock) for number in (1, 2, 3)])
    await take_in(record, photo(4, clock, user_id=8, chat_id=8))
    clock.now += 5

    order = [await claim_and_finish(record) for _ in range(4)]

    assert order in ([1, 4, 2, 3], [4, 1, 2, 3])


async def test_a_job_that_waits_long_is_named_once(record, clock):
    one, other = photo(1, clock), photo(2, clock, user_id=8)
    await take_in(record, one, other)
    clock.now += 5
    await record.finish(await record.claim(Kind.PHOTOS))
    late = photo(3, clock, user_id=9)
    await take_in(record, late)

    assert await record.overdue(4) == [other]
    assert await record.overdue(4) == []


async def test_forgetting_removes_one_users_photos_and_choice(record, clock):
    await take_in(record, photo(1, clock), photo(2, clock, album_id="a"))
    await take_in(record, photo(3, clock, user_id=8))
    await record.choose_language(7, "ru")

    assert await record.forget(7) == Forgotten(dropped=2)

    assert await record.language(7) is None
    assert await record.waiting() == 1
    clock.now += 10
    assert (await record.claim(Kind.PHOTOS)).first.user_id == 8
    assert await record.claim(Kind.PHOTOS) is None


async def test_finishing_what_was_forgotten_changes_nothing(record, clock):
    await take_in(record, photo(1, clock))
    job = await record.claim(Kind.PHOTOS)
    await record.forget(7)

    await record.finish(job)
    await record.postpone(job, 0)

    assert await record.waiting() == 0
    assert await record.claim(Kind.PHOTOS) is None
    photos = [photo(number, clock) for number in (2, 3, 4)]
    assert await take_in(record, *photos) == [Verdict.NEW] * 3


async def test_a_choice_can_be_changed(record):
    await record.choose_language(7, "ru")
    await record.choose_language(7, "en")

    assert await record.language(7) == "en"


async def test_a_restart_keeps_everything_and_takes_up_what_was_in_hand(open_record, clock):
    before = await open_record()
    await take_in(before, photo(1, clock), photo(2, clock))
    await before.choose_language(7, "ru")
    await before.claim(Kind.PHOTOS)
    clock.now += LEASE_S + 1

    after = await open_record()

    assert {await claim_and_finish(after) for _ in range(2)} == {1, 2}
    assert await after.language(7) == "ru"
    assert await take_in(after, photo(1, clock)) == [Verdict.KNOWN]


async def test_claims_at_the_same_time_get_different_jobs(record, clock):
    photos = [photo(number, clock, user_id=number, chat_id=number) for number in range(1, 21)]
    await asyncio.gather(*(record.take_in(each.update_id, each) for each in photos))

    jobs = await asyncio.gather(*(record.claim(Kind.PHOTOS) for _ in range(25)))

    claimed = [job.first.update_id for job in jobs if job]
    assert sorted(claimed) == list(range(1, 21))


def words(update_id, clock, *, topic="help", **facts) -> Words:
    at = {"chat_id": 7, "user_id": 7, "message_id": update_id, **facts}
    return Words(update_id=update_id, language="en", received_at=clock.now, topic=topic, **at)


async def test_words_wait_beside_photos_and_are_no_photos(record, clock):
    await take_in(record, photo(1, clock), words(2, clock, values=(3,)))

    assert (await record.claim(Kind.PHOTOS)).first.update_id == 1
    job = await record.claim(Kind.WORDS)
    assert (job.first.topic, job.first.values, job.photos) == ("help", (3,), ())
    assert await record.waiting() == 1
    clock.now += 9
    assert [each.update_id for each in await record.overdue(1)] == [1]


async def test_the_same_words_to_a_chat_wait_once(record, clock):
    flood = [words(number, clock) for number in range(1, 50)]
    other = words(99, clock, topic="start")

    assert set(await take_in(record, *flood, other)) == {Verdict.NEW}

    said = []
    while job := await record.claim(Kind.WORDS):
        said.append(job.first.update_id)
        await record.finish(job)
    assert said == [1, 99]
    assert await take_in(record, words(100, clock)) == [Verdict.NEW]
    assert await record.claim(Kind.WORDS)


async def test_a_chat_has_one_job_of_a_kind_in_hand(record, clock):
    mine, others = (
        [photo(number, clock) for number in (1, 2)],
        photo(3, clock, chat_id=8, user_id=8),
    )
    await take_in(record, *mine, words(4, clock), others)
    clock.now += 5

    first = await record.claim(Kind.PHOTOS)
    assert (await record.claim(Kind.PHOTOS)).first == others
    assert await record.claim(Kind.PHOTOS) is None
    assert await record.claim(Kind.WORDS)
    await record.postpone(first, 0)
    assert (await record.claim(Kind.PHOTOS)).first.update_id == 1


async def test_nothing_is_claimed_for_a_chat_while_a_message_is_sent_to_it(record, clock):
    await take_in(record, photo(1, clock), words(2, clock))
    job = await record.claim(Kind.PHOTOS)

    assert await record.sending(job, now=True)
    assert await record.claim(Kind.WORDS) is None
    assert await record.sending(job, now=False)
    assert await record.claim(Kind.WORDS)


async def test_what_is_just_being_sent_is_no_more_dropped(record, clock):
    await take_in(record, photo(1, clock), photo(2, clock))
    job = await record.claim(Kind.PHOTOS)
    await record.sending(job, now=True)

    assert await record.forget(7) == Forgotten(dropped=1, on_their_way=1)
    assert not await record.sending(job, now=True)
    assert await record.waiting() == 0


async def test_the_old_are_claimed_alone_where_only_they_are_asked_for(record, clock):
    await take_in(record, photo(1, clock))
    clock.now += 10
    await take_in(record, photo(2, clock, chat_id=8, user_id=8))

    assert (await record.claim(Kind.PHOTOS, waiting_s=5)).first.update_id == 1
    assert await record.claim(Kind.PHOTOS, waiting_s=5) is None


async def test_photos_of_an_album_that_came_before_the_one_that_asks_are_answered(record, clock):
    album = [photo(number, clock, album_id="a", asked=number == 2) for number in (1, 2, 3)]
    await take_in(record, album[0])
    assert (await record.waiting(), await record.overdue(-1)) == (0, [])
    await take_in(record, *album[1:])
    clock.now += 3

    assert (await record.claim(Kind.PHOTOS)).entries == tuple(album)
    assert await record.waiting() == 3


async def test_an_album_that_nobody_asks_about_is_not_kept(record, clock):
    await take_in(record, photo(1, clock, album_id="a", asked=False))
    clock.now += UNASKED_S + 1
    await take_in(record, photo(2, clock, album_id="b", asked=False))

    assert await record.claim(Kind.PHOTOS) is None
    assert await record.waiting() == 0
