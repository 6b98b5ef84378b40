"""A photo that the service fails on, and a service that the operator must look at."""

import asyncio
import logging

import pytest
from aiohttp import web

from tests.bot.fake_inference import crash, hang, problem
from tests.bot.telegram.sending import text_of

POISON = b"\xff\xd8\xff poison"


async def fail(request: web.Request) -> web.Response:
    await request.post()
    return problem(500, "internal_error")


def failing_on_poison(inference, failure):
    """A behavior that fails on the poisonous photo only."""

    async def behave(request):
        file = (await request.post())["photo"].file
        is_poison = POISON in file.read()
        file.seek(0)
        return await (failure if is_poison else inference.look)(request)

    return behave


async def answer_to(telegram, update, *others):
    await telegram.deliver(update, *others)
    await telegram.until(lambda: telegram.answers_to(update))
    return telegram.answers_to(update)[0]


@pytest.mark.parametrize("failure", [fail, crash], ids=["500", "crash"])
async def test_a_photo_that_the_service_fails_on_is_given_up_alone(
    start_bot, telegram, inference, jpeg, failure
):
    inference.always = failing_on_poison(inference, failure)
    album = telegram.people.album(7, [jpeg, POISON, jpeg])
    async with start_bot(notice_after_s=600):
        answer = await answer_to(telegram, *album)

    assert len(answer.files) == 2
    assert "Your photo no. 2 is missing: I am sorry, something in this photo" in text_of(answer)
    assert inference.calls <= 2 * len(album) + 2


@pytest.mark.parametrize("failure", [fail, hang], ids=["500", "hang"])
async def test_a_single_photo_that_the_service_fails_on_twice_is_given_up(
    start_bot, telegram, inference, failure
):
    inference.always = failure
    async with start_bot(service_timeout_s=0.5, notice_after_s=600, drain_s=0.1):
        answer = await answer_to(telegram, telegram.people.photo(7, POISON))

    assert text_of(answer).startswith("I am sorry, something in this photo")
    assert inference.calls == 2


async def test_where_the_service_is_not_well_no_photo_is_to_blame(
    start_bot, telegram, inference, jpeg
):
    inference.always, inference.is_well = fail, False
    update = telegram.people.photo(7, jpeg)
    async with start_bot(notice_after_s=600):
        await telegram.deliver(update)
        await telegram.until(lambda: inference.calls >= 4)
        inference.always = None
        await telegram.until(lambda: telegram.answers_to(update))

    assert telegram.answers_to(update)[0].files


@pytest.mark.parametrize(
    ("status", "complaint"),
    [
        (401, "it refuses the key (status 401); look at BOT_SERVICE_KEY"),
        (403, "it refuses the key (status 403); look at BOT_SERVICE_KEY"),
        (404, "something else answers at its address (status 404); look at BOT_SERVICE_URL"),
    ],
)
async def test_what_the_operator_must_mend_is_said_once_and_the_photo_is_kept(  # noqa: PLR0917
    start_bot, telegram, inference, jpeg, caplog, status, complaint
):
    async def refuse(request):
        await request.read()
        return problem(status, "refused")

    inference.always = refuse
    update = telegram.people.photo(7, jpeg)
    async with start_bot(notice_after_s=600):
        await telegram.deliver(update)
        await telegram.until(lambda: inference.calls >= 3)
        inference.always = None
        await telegram.until(lambda: telegram.answers_to(update))

    errors = [line for line in caplog.messages if complaint in line]
    assert len(errors) == 1
    loud = [line.levelno for line in caplog.records if complaint in line.getMessage()]
    assert loud == [logging.ERROR]


async def test_whoever_waits_while_the_service_is_down_is_told_so(
    start_bot, telegram, inference, jpeg
):
    inference.always, inference.is_well = crash, False
    photos = [telegram.people.photo(user, jpeg) for user in (7, 8, 9)]
    async with start_bot(notice_after_s=3, drain_s=0.1):
        await telegram.deliver(*photos)
        await telegram.until(lambda: all(map(telegram.answers_to, photos)))
        inference.always = None

    assert any(text_of(sent).startswith("I cannot look at photos just") for sent in telegram.sent)


async def test_start_names_the_labels_that_the_service_has(start_bot, telegram):
    async with start_bot():
        for user in range(7, 60):
            await telegram.deliver(telegram.people.text(user, "/start"))
            await telegram.until(lambda user=user: telegram.texts(user))
            if "“Sexy” or “Ugly”" in telegram.texts(user)[0]:
                return
            await asyncio.sleep(0)
    raise AssertionError(telegram.texts(7))
