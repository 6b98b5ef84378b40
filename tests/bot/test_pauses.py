"""When nothing is sent: after a media group, and after the service said that it is busy."""

import asyncio

import pytest

from bot.telegram.pacing import GROUP_INTERVAL_S, ChatBusyError, Pacer
from tests.bot.fake_inference import busy

ALBUM = 5  # photos


async def test_an_album_takes_the_places_of_as_many_messages():
    pacer = Pacer(messages_per_s=10)
    clock = asyncio.get_running_loop().time
    async with pacer.turn(1, messages=ALBUM):
        started = clock()
    async with pacer.turn(2):
        assert clock() - started >= ALBUM / 10 - 0.01


@pytest.mark.parametrize("messages", [2, ALBUM])
async def test_a_group_rests_for_each_photo_of_an_album(messages):
    now = [0.0]
    pacer = Pacer(messages_per_s=1000, clock=lambda: now[0])
    async with pacer.turn(-50, messages=messages):
        pass
    with pytest.raises(ChatBusyError) as caught:
        pacer.check_free(-50)
    assert caught.value.wait_s == pytest.approx(messages * GROUP_INTERVAL_S)


async def test_a_person_waits_once_for_a_whole_album():
    now = [0.0]
    pacer = Pacer(messages_per_s=1000, clock=lambda: now[0])
    async with pacer.turn(7, messages=ALBUM):
        pass
    pacer.check_free(7)


async def test_while_the_service_is_busy_it_is_not_asked_about_other_photos(
    start_bot, telegram, inference, jpeg
):
    asked_at = []

    def noting(behavior):
        async def noted(request):
            asked_at.append(asyncio.get_running_loop().time())
            return await behavior(request)

        return noted

    inference.behaviors = [noting(busy(retry_after_s=2)), noting(inference.look)]
    photos = [telegram.people.photo(user, jpeg) for user in (7, 8)]
    async with start_bot(concurrency=1, notice_after_s=600):
        await telegram.deliver(*photos)
        await telegram.until(lambda: all(map(telegram.answers_to, photos)))
    assert asked_at[1] - asked_at[0] >= 2
