"""What every record of waiting photos must do; each test runs on all of them."""

import asyncio

from bot.record.jobs import (
    REMEMBER_S,
    Forgotten,
    Kind,
    Verdict,
)
from bot.record.redis import LEASE_S
from tests.bot.record.waiting_photos import photo, take_in


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
