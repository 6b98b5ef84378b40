"""Telegram and the service as they are in life: every photo is answered all the same."""

import asyncio
from functools import partial
from itertools import product

import httpx
import pytest

from bot.settings import Settings
from tests.bot.fake_inference import busy, crash, hang, is_annotated, nonsense
from tests.bot.telegram.sending import text_of


async def count(settings: Settings, sample: str) -> float:
    """The value of `sample` in /metrics, over all its labels; 0 where it does not appear."""
    async with httpx.AsyncClient(timeout=60) as http:
        page = (await http.get(f"http://{settings.host}:{settings.port}/metrics")).text
    return sum(float(line.split()[-1]) for line in page.splitlines() if line.startswith(sample))


@pytest.fixture
def metrics(bot: Settings):
    return partial(count, bot)


async def deliver_and_wait(telegram, first, *others):
    """Until the first of the updates is answered."""
    await telegram.deliver(first, *others)
    await telegram.until(lambda: telegram.answers_to(first))


METHODS = ["getUpdates", "getFile", "download", "sendPhoto"]
KINDS = ["429", "500", "502", "reset", "half", "slow"]
LOST = ("sendPhoto", "half")  # half an answer to a send is an answer lost: see below


@pytest.mark.parametrize(
    ("method", "kind"), [each for each in product(METHODS, KINDS) if each != LOST]
)
async def test_a_fault_of_telegram_is_got_over(bot, telegram, jpeg, method, kind):
    update = telegram.people.photo(7, jpeg)
    telegram.faults.order(kind, method)

    await deliver_and_wait(telegram, update)

    (answer,) = telegram.answers_to(update)
    assert is_annotated(answer.files[0])
    assert telegram.faults.happened[kind] == 1


async def test_a_lost_answer_of_telegram_costs_a_second_photo_but_loses_none(bot, telegram, jpeg):
    update = telegram.people.photo(7, jpeg)
    telegram.faults.order("lost", "sendPhoto")

    await deliver_and_wait(telegram, update)
    await telegram.until(lambda: len(telegram.answers_to(update)) == 2)


async def test_flood_control_is_obeyed(bot, telegram, jpeg):
    telegram.faults.order("429", "sendPhoto", times=2)
    started = asyncio.get_running_loop().time()

    await deliver_and_wait(telegram, telegram.people.photo(7, jpeg))

    assert telegram.calls["sendPhoto"] == 3
    assert asyncio.get_running_loop().time() - started >= 2


@pytest.mark.parametrize(
    "behavior", [crash, nonsense, busy()], ids=["crash", "nonsense", "overloaded"]
)
async def test_a_fault_of_the_service_is_got_over(bot, telegram, inference, jpeg, behavior):
    inference.behaviors = [behavior]
    update = telegram.people.photo(7, jpeg)

    await deliver_and_wait(telegram, update)

    assert len(telegram.answers_to(update)) == 1
    assert inference.calls == 2


async def test_the_service_is_asked_again_only_when_it_said(bot, telegram, inference, jpeg):
    inference.behaviors = [busy(retry_after_s=2)]
    update = telegram.people.photo(7, jpeg)
    started = asyncio.get_running_loop().time()

    await deliver_and_wait(telegram, update)

    assert asyncio.get_running_loop().time() - started >= 2


async def test_a_service_that_hangs_is_given_up_and_asked_again(
    start_bot, telegram, inference, jpeg
):
    inference.behaviors = [hang]
    async with start_bot(service_timeout_s=0.5):
        await deliver_and_wait(telegram, telegram.people.photo(7, jpeg))


async def test_a_dead_service_is_not_hammered_and_taken_up_when_it_recovers(
    start_bot, telegram, inference, jpeg
):
    inference.always, inference.is_well = crash, False
    photos = [telegram.people.photo(user, jpeg) for user in range(100, 130)]
    started = asyncio.get_running_loop().time()
    async with start_bot(notice_after_s=600, concurrency=8):
        await telegram.deliver(*photos)
        await telegram.until(lambda: inference.calls >= 10)
        asked, elapsed_s = inference.calls, asyncio.get_running_loop().time() - started
        recovered_at = asyncio.get_running_loop().time()
        inference.always = None
        await telegram.until(lambda: all(map(telegram.answers_to, photos)))
        took_s = asyncio.get_running_loop().time() - recovered_at

    # its threshold, what was under way when the circuit opened, and one try in five seconds
    assert asked <= 5 + 7 + elapsed_s / 5
    assert telegram.calls["sendPhoto"] == 30
    assert took_s < 25  # nobody sits out a backoff of his own: a rest of the circuit, and 30 photos


async def test_a_service_that_stays_dead_is_owned_up_to(start_bot, telegram, inference, jpeg):
    inference.always = crash
    update = telegram.people.photo(7, jpeg)
    async with start_bot(give_up_after_s=1, notice_after_s=60):
        await deliver_and_wait(telegram, update)

    (answer,) = telegram.answers_to(update)
    assert text_of(answer).startswith("I am sorry")


async def test_a_user_who_blocked_the_bot_is_left_in_peace(bot, telegram, jpeg, metrics):
    telegram.blocked.add(7)
    await telegram.deliver(telegram.people.photo(7, jpeg))
    await telegram.until(lambda: telegram.refusals)
    await deliver_and_wait(telegram, telegram.people.photo(8, jpeg))

    assert await metrics('bot_photos_failed_total{reason="blocked by the user"}') == 1
    assert telegram.refusals.pop().startswith("sendPhoto: Forbidden")
    assert telegram.refusals == []


async def test_a_chat_that_is_gone_ends_quietly(bot, telegram, jpeg, metrics):
    update = telegram.people.photo(7, jpeg)
    telegram.people.chats.clear()
    await telegram.deliver(update)
    await telegram.until(lambda: telegram.refusals)
    await deliver_and_wait(telegram, telegram.people.photo(8, jpeg))

    assert await metrics('bot_photos_failed_total{reason="chat not found"}') == 1
    telegram.refusals.clear()


async def test_a_file_of_unknown_size_that_is_too_big_is_explained(bot, telegram):
    update = telegram.people.document(7, b"\xff\xd8" + bytes(21_000_000), size=0)

    await deliver_and_wait(telegram, update)

    assert text_of(telegram.answers_to(update)[0]).startswith("This image is too large")
    assert telegram.refusals.pop() == "getFile: Bad Request: file is too big"


async def test_a_group_that_became_a_supergroup_gets_its_answer(bot, telegram, jpeg):
    telegram.migrated[-50] = -100500
    telegram.people.chats.add(-100500)
    reply = {"message_id": 1, "date": 0, "from": {"id": 123456, "is_bot": True, "first_name": "A"}}
    reply["chat"] = {"id": -50, "type": "group"}
    await telegram.deliver(telegram.people.photo(-50, jpeg, reply_to_message=reply))
    await telegram.until(lambda: telegram.sent)

    assert telegram.sent[0].chat_id == -100500
    telegram.refusals.clear()


async def test_what_happened_is_counted(bot, telegram, inference, jpeg, metrics):
    inference.behaviors = [busy()]
    await deliver_and_wait(telegram, telegram.people.photo(7, jpeg))
    unheard_of = {"update_id": telegram.people.text(7, "x")["update_id"], "telepathy": {}}
    await telegram.deliver(unheard_of, telegram.people.text(8, "/start"))
    await telegram.until(lambda: telegram.texts(8))

    assert await metrics("bot_photos_taken_in_total") == 1
    assert await metrics("bot_photos_answered_total") == 1
    assert await metrics('bot_jobs_retried_total{reason="InferenceUnavailableError"}') == 1
    assert await metrics("bot_updates_skipped_total") == 1
    assert await metrics("bot_answer_seconds_count") == 1
