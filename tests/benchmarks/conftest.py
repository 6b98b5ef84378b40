"""A small server of its own process, for loads that mean nothing but go all the way."""

from pathlib import Path

import pytest

from benchmarks.servers import PORT, Command, running

STAND_IN = str(Path(__file__).with_name("stand_in.py"))


@pytest.fixture(scope="session")
def stand_in():
    """How the server is started under some name."""
    return lambda name: Command(name, [STAND_IN, PORT])


@pytest.fixture(scope="session")
def server(stand_in):
    with running(stand_in("stand-in")) as server:
        yield server
