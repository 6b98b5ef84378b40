"""A bot in this process between a fake Telegram and a fake inference service."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from aiohttp.test_utils import unused_port
from PIL import Image

from bot.settings import Settings
from tests.bot.fake_inference import FakeInference, fake_inference
from tests.bot.telegram.server import TOKEN, FakeTelegram, fake_telegram

StartBot = Callable[..., AbstractAsyncContextManager[Settings]]


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram() as telegram:
        yield telegram


@pytest.fixture
async def inference() -> AsyncIterator[FakeInference]:
    async with fake_inference() as inference:
        yield inference


@pytest.fixture
def start_bot(telegram: FakeTelegram, inference: FakeInference, tmp_path: Path) -> StartBot:
    """Runs a bot with some settings; it is drained when the context ends."""
    from bot.__main__ import serve  # aiogram's import takes seconds: only those pay who need it

    @asynccontextmanager
    async def start(**settings) -> AsyncIterator[Settings]:
        all_settings = Settings(
            _env_file=None,
            **{
                "token": TOKEN,
                "api_server": telegram.base_url,
                "service_url": inference.base_url,
                "data_dir": tmp_path / "record",
                "port": unused_port(),
                **settings,
            },
        )
        stop = asyncio.Event()
        running = asyncio.create_task(serve(all_settings, stop))
        while not running.done() and not await _is_ready(all_settings):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        try:
            if running.done():
                running.result()
            yield all_settings
        finally:
            stop.set()
            await asyncio.wait_for(running, 60)

    return start


async def _is_ready(settings: Settings) -> bool:
    try:
        async with httpx.AsyncClient(timeout=60) as http:
            response = await http.get(f"http://{settings.host}:{settings.port}/readyz")
    except httpx.HTTPError:
        return False
    return response.status_code == 200


@pytest.fixture
async def bot(start_bot: StartBot, telegram: FakeTelegram) -> AsyncIterator[Settings]:
    """A polling bot; at the end, Telegram must have had nothing to complain of."""
    async with start_bot() as settings:
        yield settings
    assert telegram.limits.violations == []
    assert telegram.refusals == []


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (64, 48), (20, 40, 200)).save(data, "JPEG")
    return data.getvalue()
