"""`python -m bot` as an operator meets it."""

import asyncio
import os
import subprocess
import sys

import pytest

from tests.bot.telegram.server import TOKEN


def start(folder, **environment) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        [sys.executable, "-m", "bot"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({}, "BOT_TOKEN: Field required"),
        ({"BOT_TOKEN": "hello"}, "BOT_TOKEN: Value error, not a bot token"),
        ({"BOT_TOKEN": TOKEN, "BOT_CONCURRENCY": "many"}, "BOT_CONCURRENCY: "),
        ({"BOT_TOKEN": TOKEN, "BOT_WEBHOOK_URL": "https://example.org/"}, "BOT_WEBHOOK_SECRET"),
        ({"BOT_TOKEN": TOKEN, "BOT_DATA_DIR": "/dev/null"}, "/dev/null"),
    ],
    ids=["no token", "no token at all", "wrong number", "no secret", "no folder"],
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
    )

    assert ended.returncode == 2
    assert ended.stderr == "BOT_TOKEN: Telegram does not accept this token\n"


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
