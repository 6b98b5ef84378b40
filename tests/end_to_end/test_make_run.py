"""`make run`, as the README begins: the service alone, or the bot beside it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from aiohttp.test_utils import unused_port

from tests.bot.telegram.server import TOKEN, fake_telegram
from tests.end_to_end.chaos import PHOTO
from tests.end_to_end.processes import PATIENCE_S, ROOT

pytestmark = pytest.mark.slow
NEEDED = ("Makefile", "bot", "deploy", "inference_api", "models", "requirements")
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def make_run(tmp_path: Path) -> Iterator[Start]:
    """Starts `make run` where `.env` holds these settings, in the environment of the tests."""
    for name in NEEDED:
        (tmp_path / name).symlink_to(ROOT / name)
    installed = f"--old-file={sys.prefix}/.installed-run"
    command = ["make", "run", f"VENV={sys.prefix}", installed]

    with ExitStack() as stack:

        def start(**settings: object) -> subprocess.Popen[str]:
            lines = [f"{name}={value}\n" for name, value in settings.items()]
            (tmp_path / ".env").write_text("".join(lines), "utf-8")
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
            running = subprocess.Popen(command, cwd=tmp_path, start_new_session=True, **pipes)
            stack.enter_context(running)
            stack.callback(interrupt, running)
            return running

        yield start


def interrupt(running: subprocess.Popen[str]) -> str:
    """Press Ctrl-C; returns what was printed until the last process has ended."""
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGINT)
    return running.communicate(timeout=PATIENCE_S)[0]


def printed_until(words: str, running: subprocess.Popen[str]) -> str:
    """What is printed up to the line with these words; all of it when they never come."""
    printed = ""
    assert running.stdout
    for line in running.stdout:
        printed += line
        if words in line:
            break
    return printed


def test_without_a_token_the_service_runs_alone_and_says_so(make_run):
    port = unused_port()
    running = make_run(API_PORT=port, BOT_TOKEN="")

    assert "starting the service without the bot" in printed_until("Uvicorn running", running)
    address, photo = f"http://127.0.0.1:{port}/v1/annotate", {"photo": PHOTO.read_bytes()}
    reply = httpx.post(address, files=photo, timeout=PATIENCE_S)
    assert reply.headers["content-type"] == "image/jpeg"


async def test_with_a_token_the_bot_runs_beside_the_service(make_run):
    port = unused_port()
    async with fake_telegram() as telegram:
        photo = telegram.people.photo(1, PHOTO.read_bytes())
        await telegram.deliver(photo)
        running = make_run(
            API_PORT=port,
            BOT_PORT=unused_port(),
            BOT_API_SERVER=telegram.base_url,
            BOT_SERVICE_URL=f"http://127.0.0.1:{port}",
            BOT_TOKEN=TOKEN,
        )
        await telegram.until(lambda: telegram.pictures_for(photo), timeout_s=PATIENCE_S)

    assert TOKEN not in interrupt(running)
