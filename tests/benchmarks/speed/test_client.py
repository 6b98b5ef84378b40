"""A client that speaks to each server as the server wants it."""

from dataclasses import replace

import aiohttp
import pytest

from benchmarks.speed.client import client_of, run
from benchmarks.speed.servers import Dialect


async def test_a_photo_is_timed_and_its_status_told(server):
    async with client_of(server) as client:
        assert 0.01 <= await client.send(b"photo", answer="predict") < 60
        assert (await client.ask(b"refused", answer="annotate")).status == 503
        with pytest.raises(aiohttp.ClientResponseError, match="503"):
            await client.send(b"refused", answer="annotate")


async def test_a_photo_is_sent_as_often_as_it_is_asked_for(server):
    async with client_of(server) as client:
        replies = [await client.ask(b"photo", answer="predict") for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 200]


async def test_a_peer_is_asked_in_its_own_words(server):
    words = Dialect({"predict": "/other"}, "img", {"actions": "all"})
    async with client_of(replace(server, dialect=words)) as client:
        await client.send(b"photo", answer="predict")
    async with client_of(replace(server, dialect=replace(words, fields={}))) as client:
        assert (await client.ask(b"photo", answer="predict")).status == 422


async def test_a_health_check_that_fails_is_an_error(server):
    async with client_of(server) as client:
        assert await client.check_health() > 0
    async with client_of(replace(server, dialect=Dialect(alive="/nowhere"))) as client:
        with pytest.raises(aiohttp.ClientResponseError, match="404"):
            await client.check_health()


def test_what_runs_gives_what_it_returns():
    async def one():
        return 1

    assert run(one()) == 1


async def test_an_answer_that_does_not_come_is_an_error(server, monkeypatch):
    monkeypatch.setattr("benchmarks.speed.client.TIMEOUT_S", 0.005)  # a photo takes 10 ms
    async with client_of(server) as client:
        with pytest.raises(aiohttp.ClientError, match="no answer within"):
            await client.send(b"photo", answer="predict")
