"""`python -m bot` as an operator meets it."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest
from aiohttp.test_utils import unused_port

from tests.bot.telegram.server import TOKEN

PATIENCE_S = 600  # a busy machine needs long to import aiogram


def open_bot(folder, **environment) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start(folder, **environment) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    with open_bot(folder, **environment) as bot:
        try:
            stdout, stderr = bot.communicate(timeout=PATIENCE_S)
        finally:
            bot.kill()
    return subprocess.CompletedProcess(bot.args, bot.returncode, stdout, stderr)


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({}, "BOT_TOKEN: Field required"),
        ({"BOT_TOKEN": "hello"}, "BOT_TOKEN: Value error, not a bot token"),
        ({"BOT_TOKEN": "123456:TEST token"}, "BOT_TOKEN: Value error, not a bot token"),
        ({"BOT_TOKEN": TOKEN, "BOT_CONCURRENCY": "many"}, "BOT_CONCURRENCY: "),
        ({"BOT_TOKEN": TOKEN, "BOT_WEBHOOK_URL": "https://example.org/"}, "BOT_WEBHOOK_SECRET"),
        ({"BOT_TOKEN": TOKEN, "BOT_DATA_DIR": "/dev/null"}, "/dev/null"),
    ],
    ids=["no token", "no token at all", "a space in it", "wrong number", "no secret", "no folder"],
)
def test_a_wrong_setting_is_named_without_a_traceback(tmp_path, environment, complaint):
    ended = start(tmp_path, **environment)

    assert ended.returncode == 2
    assert complaint in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "TEST-token" not in ended.stderr


async def test_a_token_that_telegram_refuses_is_said_in_one_line(tmp_path, telegram):
    wrong = "123456:not-the-token"
    ended = await asyncio.to_thread(
        start,
        tmp_path,
        BOT_TOKEN=wrong,
        BOT_API_SERVER=telegram.base_url,
        BOT_DATA_DIR=str(tmp_path),
        BOT_PORT=str(unused_port()),
    )

    assert ended.returncode == 2
    assert ended.stderr == "BOT_TOKEN: Telegram does not accept this token\n"


async def test_a_bot_that_was_logged_out_is_told_from_a_wrong_webhook(tmp_path, telegram):
    telegram.refuse("getMe", "Bad Request: Logged out")
    ended = await asyncio.to_thread(
        start,
        tmp_path,
        BOT_TOKEN=TOKEN,
        BOT_API_SERVER=telegram.base_url,
        BOT_DATA_DIR=str(tmp_path),
        BOT_PORT=str(unused_port()),
    )

    assert ended.returncode == 2
    assert ended.stderr.startswith("BOT_TOKEN: this bot was logged out of this Bot API server")


async def test_a_port_in_use_is_named(tmp_path, telegram):
    port = telegram.base_url.rsplit(":", 1)[1]
    ended = await asyncio.to_thread(
        start,
        tmp_path,
        BOT_TOKEN=TOKEN,
        BOT_API_SERVER=telegram.base_url,
        BOT_DATA_DIR=str(tmp_path),
        BOT_PORT=port,
    )

    assert ended.returncode == 2
    assert "BOT_PORT" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("method", "fault"),
    [("getMe", "502"), ("getMe", "slow"), ("getUpdates", "502"), ("getUpdates", None)],
    ids=["Telegram is down", "Telegram hangs", "no updates come", "polling"],
)
async def test_a_stop_is_obeyed_at_any_time(tmp_path, telegram, method, fault):
    if fault:
        telegram.faults.order(fault, method, times=1_000_000, delay_s=PATIENCE_S)
    bot = open_bot(
        tmp_path,
        BOT_TOKEN=TOKEN,
        BOT_API_SERVER=telegram.base_url,
        BOT_DATA_DIR=str(tmp_path),
        BOT_PORT=str(unused_port()),
    )
    with bot:
        try:
            await telegram.until(lambda: telegram.calls[method], timeout_s=PATIENCE_S)
            bot.send_signal(signal.SIGTERM)
            _, log = await asyncio.to_thread(bot.communicate, timeout=60)
        finally:
            bot.kill()

    assert bot.returncode == 0
    assert "Traceback" not in log
