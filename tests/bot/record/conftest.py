"""Every kind of record, empty and on a clock that the test sets."""

import shutil
import subprocess
from collections.abc import Callable

import fakeredis
import pytest
from aiohttp.test_utils import unused_port

from bot.record.jobs import Record
from bot.record.redis import RedisRecord
from bot.record.sqlite import SqliteRecord
from tests.bot.record.waiting_photos import RULES, Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory):
    """A real Redis, where there is one."""
    program = shutil.which("redis-server")
    if not program:
        pytest.skip("redis-server is not installed")
    port = unused_port()
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    folder = tmp_path_factory.mktemp("redis")
    with subprocess.Popen([program, *arguments], cwd=folder, stdout=subprocess.PIPE) as server:
        assert any(b"Ready to accept connections" in line for line in server.stdout)
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


@pytest.fixture(params=["sqlite", "fakeredis", "redis"])
async def open_record(request, clock, tmp_path):
    """Opens the record; again, it closes what was open, as a restart does."""
    opened: list[Record] = []
    server = fakeredis.FakeServer()
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    prefix = f"{{{request.node.name}}}:"

    async def open_one() -> Record:
        while opened:
            await opened.pop().close()
        if request.param == "sqlite":
            record: Record = SqliteRecord(tmp_path / "record.sqlite3", rules=RULES, clock=clock)
        elif request.param == "redis":
            record = await RedisRecord.open(url, prefix=prefix, rules=RULES, clock=clock)
        else:
            redis = fakeredis.FakeAsyncRedis(server=server, decode_responses=True)
            record = RedisRecord(redis, prefix=prefix, rules=RULES, clock=clock)
        opened.append(record)
        return record

    yield open_one
    for record in opened:
        await record.close()


@pytest.fixture
async def record(open_record: Callable[[], Record]) -> Record:
    return await open_record()
