"""A small server of its own process, for loads that mean nothing but go all the way."""

from pathlib import Path

import httpx
import pytest

from benchmarks.speed.servers import PORT, Command, running

STAND_IN = str(Path(__file__).with_name("stand_in.py"))


@pytest.fixture(scope="session")
def stand_in():
    """How the server is started under some name."""
    return lambda name: Command(name, [STAND_IN, PORT])


@pytest.fixture(scope="session")
def server(stand_in):
    with running(stand_in("stand-in")) as server:
        yield server


@pytest.fixture
async def seen(server):
    """Tells what the server had since it was last asked: photos, and the most at once."""
    async with httpx.AsyncClient(base_url=server.base_url) as http:

        async def since():
            return (await http.get("/seen")).json()

        await since()
        yield since
