"""Start and stop, and what a restart takes up."""

import asyncio
import logging

import fakeredis
import httpx
import pytest
from aiogram.exceptions import TelegramUnauthorizedError
from aiohttp.test_utils import unused_port

from bot.__main__ import serve
from bot.record.jobs import RecordError
from bot.record.redis import RedisRecord
from bot.record.sqlite import SqliteRecord
from bot.settings import Settings
from tests.bot.fake_inference import hang
from tests.bot.telegram.sending import text_of
from tests.bot.telegram.server import TOKEN


async def test_photos_sent_while_the_bot_is_off_are_answered(start_bot, telegram, jpeg):
    update = telegram.people.photo(7, jpeg)
    await telegram.deliver(update)

    async with start_bot():
        await telegram.until(lambda: telegram.answers_to(update))


async def test_a_stop_finishes_what_is_in_hand(start_bot, telegram, inference, jpeg):
    asked, release = asyncio.Event(), asyncio.Event()

    async def slow(request):
        asked.set()
        await release.wait()
        return await inference.look(request)

    inference.behaviors = [slow]
    update = telegram.people.photo(7, jpeg)
    async with start_bot():
        await telegram.deliver(update)
        await asked.wait()
        asyncio.get_running_loop().call_later(0.5, release.set)

    assert len(telegram.answers_to(update)) == 1


async def test_a_stop_leaves_what_takes_too_long_to_the_next_start(
    start_bot, telegram, inference, jpeg
):
    inference.behaviors = [hang]
    update = telegram.people.photo(7, jpeg)
    async with start_bot(drain_s=0.2):
        await telegram.deliver(update)
        await telegram.until(lambda: inference.at_once)
    assert telegram.answers_to(update) == []

    async with start_bot():
        await telegram.until(lambda: telegram.answers_to(update))

    assert len(telegram.answers_to(update)) == 1


async def test_a_stop_ends_even_what_swallows_its_cancellation(start_bot, monkeypatch):
    looking, swallowed = asyncio.Event(), asyncio.Event()

    async def overdue(self, wait_s):
        looking.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed.set()  # as wait_for may do before Python 3.12
        return []

    monkeypatch.setattr(SqliteRecord, "overdue", overdue)
    async with start_bot():
        await looking.wait()

    assert swallowed.is_set()


async def test_what_was_answered_is_not_answered_after_a_restart(start_bot, telegram, jpeg):
    update, other = telegram.people.photo(7, jpeg), telegram.people.photo(8, jpeg)
    async with start_bot():
        await telegram.deliver(update)
        await telegram.until(lambda: telegram.answers_to(update))

    async with start_bot():
        await telegram.deliver(update, other)
        await telegram.until(lambda: telegram.answers_to(other))

    assert len(telegram.answers_to(update)) == 1


async def test_a_token_that_is_revoked_ends_the_bot(start_bot, telegram, monkeypatch):
    async def work_until_the_token_is_revoked():
        async with start_bot():
            monkeypatch.setattr("tests.bot.telegram.server.TOKEN", "123456:another")
            await telegram.deliver(telegram.people.text(7, "/start"))
            await telegram.until(lambda: telegram.refusals)

    with pytest.raises(TelegramUnauthorizedError):
        await work_until_the_token_is_revoked()


async def test_a_telegram_out_of_reach_at_the_start_is_waited_for(start_bot, telegram):
    telegram.faults.order("502", "getMe", times=3)

    async with start_bot():
        assert telegram.calls["getMe"] == 4


async def health(settings: Settings, path: str) -> tuple[int, dict[str, str]]:
    async with httpx.AsyncClient(timeout=60) as http:
        response = await http.get(f"http://{settings.host}:{settings.port}{path}")
    return response.status_code, response.json()


async def test_a_bot_that_cannot_reach_telegram_lives_and_is_not_ready(
    telegram, inference, tmp_path
):
    telegram.faults.order("502", "getMe", times=1_000_000)
    settings = Settings(
        _env_file=None,
        token=TOKEN,
        api_server=telegram.base_url,
        data_dir=tmp_path,
        port=unused_port(),
    )
    stop = asyncio.Event()
    running = asyncio.create_task(serve(settings, stop))
    await telegram.until(lambda: telegram.calls["getMe"])

    assert await health(settings, "/livez") == (200, {"status": "ok"})
    status, body = await health(settings, "/readyz")

    assert status == 503
    assert body["telegram"] == "not reached yet"
    stop.set()
    await running


@pytest.mark.parametrize(
    ("reason", "explanation"),
    [
        ("Conflict: terminated by other getUpdates request", "another process polls"),
        ("Conflict: can't use getUpdates method while webhook is active", "has set a webhook"),
    ],
)
async def test_another_process_with_the_token_is_named_once_and_got_over(  # noqa: PLR0917
    start_bot, telegram, jpeg, caplog, reason, explanation
):
    caplog.set_level(logging.INFO)
    telegram.refuse("getUpdates", reason, status=409, times=3)
    update = telegram.people.photo(7, jpeg)
    async with start_bot() as settings:
        await telegram.until(lambda: telegram.calls["getUpdates"] >= 3)
        status, body = await health(settings, "/readyz")
        await telegram.deliver(update)
        await telegram.until(lambda: telegram.answers_to(update))
        assert (await health(settings, "/readyz"))[0] == 200

    assert status == 503
    assert explanation in body["polling"]
    assert caplog.text.count(explanation) == 1
    assert "updates come again" in caplog.text


async def test_nothing_decorative_stands_before_the_first_answer(start_bot, telegram, jpeg):
    telegram.faults.order("429", "setMyCommands", times=100, delay_s=3600)
    update = telegram.people.photo(7, jpeg)
    async with start_bot():
        await telegram.deliver(update)
        await telegram.until(lambda: telegram.answers_to(update))


async def test_a_local_bot_api_server_gives_files_by_path(start_bot, telegram, tmp_path, jpeg):
    telegram.local_folder = tmp_path
    update = telegram.people.photo(7, jpeg)
    async with start_bot(api_local=True):
        await telegram.deliver(update)
        await telegram.until(lambda: telegram.answers_to(update))

    assert telegram.calls["download"] == 0
    assert text_of(telegram.answers_to(update)[0]).startswith("Sexy")


@pytest.fixture
def shared_redis(monkeypatch):
    """One Redis for all bots of the test, in memory."""
    server = fakeredis.FakeServer()

    def connect(url, **options):
        return fakeredis.FakeAsyncRedis(server=server, decode_responses=True)

    monkeypatch.setattr("bot.record.redis.Redis.from_url", connect)
    return "redis://shared/0"


async def test_several_webhook_bots_share_one_record(start_bot, telegram, shared_redis, jpeg):
    photos = [telegram.people.photo(user, jpeg) for user in range(100, 112)]
    hook = {"webhook_secret": "secret", "redis_url": shared_redis, "concurrency": 1}
    port = unused_port()
    url = f"http://127.0.0.1:{port}/telegram"
    async with (
        start_bot(**hook, webhook_url=url, port=port),
        start_bot(**hook, webhook_url=url),
    ):
        await telegram.deliver(*photos, *photos)
        await telegram.until(lambda: all(map(telegram.answers_to, photos)))

    assert [len(telegram.answers_to(each)) for each in photos] == [1] * 12
    assert all(text_of(sent).startswith("Sexy") for sent in telegram.sent)


async def test_a_record_that_fails_after_the_answer_costs_no_second_one(
    start_bot, telegram, jpeg, monkeypatch
):
    update, other = telegram.people.photo(7, jpeg), telegram.people.photo(8, jpeg)
    finish, failures = SqliteRecord.finish, iter([RecordError("disk full")] * 2)

    async def finish_late(self, job):
        for failure in failures:
            raise failure
        await finish(self, job)

    monkeypatch.setattr(SqliteRecord, "finish", finish_late)
    async with start_bot():
        await telegram.deliver(update)
        await telegram.until(lambda: telegram.answers_to(update))
    async with start_bot():
        await telegram.deliver(other)
        await telegram.until(lambda: telegram.answers_to(other))

    assert len(telegram.answers_to(update)) == 1


async def test_a_record_that_fails_for_a_while_loses_nothing(
    start_bot, telegram, shared_redis, jpeg, monkeypatch
):
    update = telegram.people.photo(7, jpeg)
    async with start_bot(redis_url=shared_redis):
        with monkeypatch.context() as patch:
            patch.setattr(RedisRecord, "_script", _refuse)
            await telegram.deliver(update)
            await telegram.until(lambda: telegram.calls["getUpdates"] >= 3)
        await telegram.until(lambda: telegram.answers_to(update))

    assert len(telegram.answers_to(update)) == 1


async def _refuse(self, *_):
    raise RecordError("Redis: ConnectionError")
