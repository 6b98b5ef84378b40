"""Telegram and the service as they are in life: every photo is answered all the same."""

import asyncio
from collections import Counter
from functools import partial
from itertools import product

import httpx
import pytest

from bot.settings import Settings
from tests.bot.fake_inference import busy, crash, hang, is_annotated, nonsense
from tests.bot.telegram.people import mention
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


async def test_a_long_wait_is_announced_once(start_bot, telegram, inference, jpeg):
    inference.always = busy(retry_after_s=1)
    album = telegram.people.album(7, [jpeg] * 2)
    single = telegram.people.photo(7, jpeg)
    async with start_bot(notice_after_s=600):
        await telegram.deliver(*album, single)
        await telegram.until(lambda: not telegram.pending)
    async with start_bot(notice_after_s=0.1):
        await telegram.until(lambda: telegram.sent)
        await telegram.until(lambda: inference.calls >= 4)
        inference.always = None
        await telegram.until(lambda: len(telegram.sent) == 3)

    assert text_of(telegram.sent[0]) == "Your photo is in the queue. I will answer it here."
    kinds = Counter(sent.method for sent in telegram.sent)
    assert kinds == {"sendMessage": 1, "sendPhoto": 1, "sendMediaGroup": 1}


async def test_a_word_about_waiting_does_not_wait_itself(start_bot, telegram, inference, jpeg):
    inference.always = hang
    photos = [telegram.people.photo(user, jpeg) for user in range(100, 130)]
    async with start_bot(concurrency=1, notice_after_s=0.5, drain_s=0.1):
        await telegram.deliver(*photos)
        await telegram.until(lambda: len({sent.chat_id for sent in telegram.sent}) == 30)

    assert all(text_of(sent).startswith("Your photo is in the queue") for sent in telegram.sent)
    assert telegram.limits.violations == []


async def test_a_stuck_upload_delays_nobody_else(start_bot, telegram, jpeg):
    telegram.faults.order("slow", "sendPhoto", chat_id=7, delay_s=3600)
    stuck = telegram.people.photo(7, jpeg)
    others = [telegram.people.photo(user, jpeg) for user in range(100, 106)]
    async with start_bot(drain_s=0.1, notice_after_s=600):
        await telegram.deliver(stuck)
        await telegram.until(lambda: telegram.calls["sendPhoto"])
        started = asyncio.get_running_loop().time()
        await telegram.deliver(*others, telegram.people.text(8, "/help"))
        await telegram.until(lambda: all(map(telegram.answers_to, others)) and telegram.texts(8))
        took_s = asyncio.get_running_loop().time() - started

    assert telegram.answers_to(stuck) == []
    assert took_s < 10  # six answers and words, on a busy machine


async def test_a_rate_limited_chat_delays_nobody_else(start_bot, telegram, jpeg):
    telegram.faults.order("429", "sendPhoto", chat_id=7, times=100, delay_s=3600)
    limited = [telegram.people.photo(7, jpeg) for _ in range(10)]
    other = telegram.people.photo(8, jpeg)
    async with start_bot(concurrency=1, sends_at_once=1, drain_s=0.1, notice_after_s=600):
        await telegram.deliver(*limited)
        await telegram.until(lambda: telegram.calls["sendPhoto"])
        await telegram.deliver(other)
        await telegram.until(lambda: telegram.answers_to(other))

    assert telegram.calls["sendPhoto"] == 2


async def test_the_photos_of_a_chat_are_answered_in_their_order(
    start_bot, telegram, inference, jpeg
):
    inference.behaviors = [busy(retry_after_s=1)]
    photos = [telegram.people.photo(7, jpeg) for _ in range(3)]
    async with start_bot(notice_after_s=600):
        await telegram.deliver(*photos)
        await telegram.until(lambda: all(map(telegram.answers_to, photos)))

    ids = [sent.reply_to for sent in telegram.sent]
    assert ids == sorted(ids)


async def test_every_method_obeys_its_own_429(start_bot, telegram, inference, jpeg):
    release = asyncio.Event()

    async def wait(request):
        await request.read()
        await release.wait()
        return await inference.look(request)

    inference.behaviors = [wait]
    telegram.faults.order("429", "sendChatAction", times=100, delay_s=3600)
    photos = [telegram.people.photo(7, jpeg) for _ in range(2)]
    async with start_bot(notice_after_s=600):
        await telegram.deliver(*photos)
        await telegram.until(lambda: telegram.calls["sendChatAction"] and inference.at_once)
        release.set()
        await telegram.until(lambda: all(map(telegram.answers_to, photos)))

    assert telegram.calls["sendChatAction"] == 1


async def test_a_flood_of_commands_gets_one_answer_and_holds_up_no_photo(start_bot, telegram, jpeg):
    flood = [telegram.people.text(7, "/help") for _ in range(500)]
    photo, other = telegram.people.photo(7, jpeg), telegram.people.text(8, "/start")
    async with start_bot(notice_after_s=600):
        await telegram.deliver(*flood, photo, other)
        await telegram.until(lambda: telegram.answers_to(photo) and telegram.texts(8))

    words = [text for text in telegram.texts(7) if text.startswith("Send one photo")]
    assert len(words) == 1
    assert telegram.limits.violations == []


async def test_words_survive_a_429_that_lasts_and_a_restart(start_bot, telegram):
    telegram.faults.order("429", "sendMessage", delay_s=60)
    update = telegram.people.text(7, "/start")
    async with start_bot():
        await telegram.deliver(update)
        await telegram.until(lambda: telegram.calls["sendMessage"])
    async with start_bot():
        await telegram.until(lambda: telegram.texts(7))

    assert telegram.calls["sendMessage"] == 2


async def test_a_user_who_blocked_the_bot_is_left_in_peace(bot, telegram, jpeg, metrics):
    telegram.blocked.add(7)
    await telegram.deliver(telegram.people.photo(7, jpeg))
    await telegram.until(lambda: telegram.refusals)
    await deliver_and_wait(telegram, telegram.people.photo(8, jpeg))

    assert await metrics('bot_photos_failed_total{reason="blocked by the user"}') == 1
    assert telegram.refusals.pop().startswith("sendPhoto: Forbidden")
    assert telegram.refusals == []


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


async def test_a_chat_that_is_gone_ends_quietly(bot, telegram, jpeg, metrics):
    update = telegram.people.photo(7, jpeg)
    telegram.people.chats.clear()
    await telegram.deliver(update)
    await telegram.until(lambda: telegram.refusals)
    await deliver_and_wait(telegram, telegram.people.photo(8, jpeg))

    assert await metrics('bot_photos_failed_total{reason="chat not found"}') == 1
    telegram.refusals.clear()


async def test_a_busy_group_does_not_hold_up_others(start_bot, telegram, jpeg):
    asked = [telegram.people.photo(-50, jpeg, **mention()) for _ in range(18)]
    for number, update in enumerate(asked):
        update["message"]["from"]["id"] = 100 + number
    private = telegram.people.photo(7, jpeg)
    async with start_bot(concurrency=4, notice_after_s=600):
        await telegram.deliver(*asked, private)
        await telegram.until(lambda: telegram.answers_to(private))
        answered_before = sum(sent.chat_id == -50 for sent in telegram.sent)

    # with all workers in line for the group, it would have been its turn after 15 of the group's
    assert answered_before < 10
    assert telegram.limits.violations == []


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


async def test_a_hundred_photos_of_one_user_are_answered_up_to_the_limit(
    start_bot, telegram, inference, jpeg
):
    taken_in = asyncio.Event()

    async def look_when_all_is_taken_in(request):
        await taken_in.wait()
        return await inference.look(request)

    inference.always = look_when_all_is_taken_in
    photos = [telegram.people.photo(7, jpeg) for _ in range(100)]
    other = telegram.people.photo(8, jpeg)
    async with start_bot(max_waiting_per_user=4, notice_after_s=600):
        await telegram.deliver(*photos, other)
        await telegram.until(lambda: not telegram.pending)
        taken_in.set()
        await telegram.until(lambda: len(telegram.sent) == 6)

    kinds = Counter(sent.method for sent in telegram.sent)
    words = next(text_of(sent) for sent in telegram.sent if sent.method == "sendMessage")
    assert kinds == {"sendPhoto": 5, "sendMessage": 1}
    assert words.startswith("That is a lot at once! I have 4 photos")
    assert inference.calls == 5
    assert telegram.limits.violations == []


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
