"""Files that do not come, and photos that nobody wants answered any more."""

import asyncio

import pytest

from tests.bot.fake_inference import is_annotated
from tests.bot.telegram.sending import text_of


async def deliver_and_wait(telegram, first, *others):
    """Until the first of the updates is answered."""
    await telegram.deliver(first, *others)
    await telegram.until(lambda: telegram.answers_to(first))


async def test_a_photo_that_telegram_lost_does_not_spoil_its_album(start_bot, telegram, jpeg):
    album = telegram.people.album(7, [jpeg, jpeg])
    telegram.people.files.pop(album[0]["message"]["photo"][1]["file_id"])
    async with start_bot(file_patience_s=2):
        await deliver_and_wait(telegram, *album)

    (answer,) = telegram.answers_to(album[0])
    assert len(answer.files) == 1
    assert "Your photo no. 1 is missing: Telegram could not give me this file" in text_of(answer)


async def test_a_file_that_is_not_there_for_a_while_is_waited_for(start_bot, telegram, jpeg):
    reason = "Bad Request: wrong file_id or the file is temporarily unavailable"
    telegram.refuse("getFile", reason, times=3)
    update = telegram.people.photo(7, jpeg)
    async with start_bot():
        await deliver_and_wait(telegram, update)

    assert is_annotated(telegram.answers_to(update)[0].files[0])


async def test_a_file_that_cannot_be_downloaded_does_not_spoil_its_album(start_bot, telegram, jpeg):
    album = telegram.people.album(7, [jpeg, jpeg])
    telegram.people.broken.add(album[0]["message"]["photo"][1]["file_id"])
    async with start_bot(file_patience_s=2):
        await deliver_and_wait(telegram, *album)

    (answer,) = telegram.answers_to(album[0])
    assert len(answer.files) == 1


@pytest.mark.parametrize("command", ["/forget", "/cancel"])
async def test_what_is_said_to_be_dropped_is_not_answered(
    start_bot, telegram, inference, jpeg, command
):
    release = asyncio.Event()

    async def wait(request):
        await request.read()
        await release.wait()
        return await inference.look(request)

    inference.behaviors = [wait]
    album = telegram.people.album(7, [jpeg] * 3)
    async with start_bot():
        await telegram.deliver(*album)
        await telegram.until(lambda: inference.at_once)
        await telegram.deliver(telegram.people.text(7, command))
        await telegram.until(lambda: telegram.texts(7))
        release.set()
        await deliver_and_wait(telegram, telegram.people.photo(8, jpeg))
        await telegram.until(lambda: not inference.at_once)

    assert telegram.texts(7)[0].startswith("Done. 3 waiting photos are dropped.")
    assert telegram.answers_to(album[0]) == []


async def test_an_answer_that_is_just_being_sent_is_not_said_to_be_dropped(
    start_bot, telegram, jpeg
):
    telegram.faults.order("slow", "sendPhoto", delay_s=3)
    update = telegram.people.photo(7, jpeg)
    async with start_bot():
        await telegram.deliver(update)
        await telegram.until(lambda: telegram.calls["sendPhoto"])
        await telegram.deliver(telegram.people.text(7, "/forget"))
        await telegram.until(lambda: len(telegram.texts(7)) == 2)

    assert telegram.answers_to(update)
    words = next(text for text in telegram.texts(7) if text.startswith("Done."))
    assert words == "Done. One answer is already on its way. Nothing is kept about you."
