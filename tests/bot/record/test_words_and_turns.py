"""Words beside photos, one job a chat, and albums that are asked for late; on every record."""

from bot.record.jobs import UNASKED_S, Forgotten, Kind, Verdict, Words
from tests.bot.record.waiting_photos import photo, take_in


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
