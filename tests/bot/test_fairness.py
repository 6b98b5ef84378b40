"""Whoever is slow, limited or loud holds up nobody else, and who waits is told."""

import asyncio
from collections import Counter

from tests.bot.fake_inference import busy, hang
from tests.bot.telegram.people import mention
from tests.bot.telegram.sending import text_of


async def deliver_and_wait(telegram, first, *others):
    """Until the first of the updates is answered."""
    await telegram.deliver(first, *others)
    await telegram.until(lambda: telegram.answers_to(first))


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
