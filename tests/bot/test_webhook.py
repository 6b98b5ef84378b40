"""Webhook mode: the same answers, and an address that believes nobody but Telegram."""

import asyncio

import httpx
import pytest
from aiohttp.test_utils import unused_port

from bot.record.jobs import RecordError
from bot.record.sqlite import SqliteRecord
from tests.bot.fake_inference import is_annotated

SECRET = "a-secret_of-the-test"


@pytest.fixture
async def hooked(start_bot):
    port = unused_port()
    url = f"http://127.0.0.1:{port}/telegram"
    async with start_bot(webhook_url=url, webhook_secret=SECRET, port=port):
        yield url


def header(secret: str | bytes) -> dict[bytes, bytes]:
    value = secret if isinstance(secret, bytes) else secret.encode()
    return {b"X-Telegram-Bot-Api-Secret-Token": value}


async def post(url, update, *, secret: str | bytes = SECRET) -> int:
    async with httpx.AsyncClient(timeout=60) as http:
        return (await http.post(url, json=update, headers=header(secret))).status_code


async def test_photos_files_and_albums_are_answered(hooked, telegram, jpeg):
    photo = telegram.people.photo(7, jpeg)
    document = telegram.people.document(8, jpeg)
    album = telegram.people.album(9, [jpeg, jpeg])

    await telegram.deliver(photo, document, *album)
    await telegram.until(lambda: len(telegram.sent) == 3)

    assert all(is_annotated(picture) for sent in telegram.sent for picture in sent.files)
    assert telegram.calls["getUpdates"] == 0
    assert telegram.webhook["secret"] == SECRET


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", b"\xff\xfe\x80", "ключ"])
async def test_a_wrong_secret_is_turned_away(hooked, telegram, jpeg, secret):
    assert await post(hooked, telegram.people.photo(7, jpeg), secret=secret) == 401


@pytest.mark.parametrize("update", [[], {}, "text", {"update_id": "seven"}, {"update_id": None}])
async def test_what_is_no_update_is_a_bad_request(hooked, update):
    assert await post(hooked, update) == 400


async def test_a_malformed_update_is_taken_off_telegrams_hands(hooked):
    assert await post(hooked, {"update_id": 5, "message": {"message_id": []}}) == 200


async def test_an_update_that_comes_twice_at_once_is_answered_once(hooked, telegram, jpeg):
    update = telegram.people.photo(7, jpeg)

    statuses = await asyncio.gather(*(post(hooked, update) for _ in range(5)))
    await telegram.until(lambda: telegram.answers_to(update))
    other = telegram.people.photo(7, jpeg)
    await telegram.deliver(other)
    await telegram.until(lambda: telegram.answers_to(other))

    assert statuses == [200] * 5
    assert len(telegram.answers_to(update)) == 1


async def test_what_cannot_be_recorded_is_delivered_again(hooked, telegram, jpeg, monkeypatch):
    update = telegram.people.photo(7, jpeg)
    with monkeypatch.context() as patch:

        async def disk_full(*_):
            raise RecordError("disk full")

        patch.setattr(SqliteRecord, "take_in", disk_full)
        assert await post(hooked, update) == 503

    assert await post(hooked, update) == 200
    await telegram.until(lambda: telegram.answers_to(update))


async def test_health_is_served_beside_the_webhook(hooked):
    async with httpx.AsyncClient(base_url=hooked.removesuffix("/telegram"), timeout=60) as http:
        assert (await http.get("/livez")).json() == {"status": "ok"}
        assert "bot_photos_waiting" in (await http.get("/metrics")).text
        assert (await http.get("/telegram")).status_code == 405
