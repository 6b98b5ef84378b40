"""A load on a server: everything sent is answered and counted, errors are no figures."""

import aiohttp
import pytest

from benchmarks.speed.load import Load, Measured, pool, put_load

PHOTOS = [b"first", b"second"]
ONE = Measured((0.1, 0.3), elapsed_s=0.5, cpu_s=0.2, health_s=(0.01,), rss_mb=100)
OTHER = Measured((0.2,), elapsed_s=0.5, cpu_s=0.4, health_s=(0.03, 0.02), rss_mb=90)


@pytest.mark.parametrize("clients", [1, 3])
async def test_photos_are_counted_and_no_more_wait_than_there_are_clients(server, seen, clients):
    before = server.cpu_s
    measured = await put_load(Load("predict", 640, clients), server, PHOTOS, seconds=0.3)
    had = await seen()
    assert had["photos"] == len(measured.latencies_s) + 1  # one goes ahead
    assert had["most"] <= clients
    assert len(measured.latencies_s) >= clients
    assert all(0.01 <= latency <= measured.elapsed_s for latency in measured.latencies_s)
    assert sum(measured.latencies_s) <= clients * measured.elapsed_s
    assert 0 <= measured.cpu_s <= server.cpu_s - before
    assert measured.health_s


async def test_clients_do_not_wait_for_each_other(server):
    photos = [b"alone", b"pair", b"pair"]
    measured = await put_load(Load("predict", 640, 3), server, photos, seconds=0)
    assert len(measured.latencies_s) == 3


async def test_each_client_is_answered_once_even_without_time(server):
    measured = await put_load(Load("predict", 640, 2), server, PHOTOS, seconds=0)
    assert len(measured.latencies_s) == 2


async def test_a_refused_photo_ends_the_load(server):
    with pytest.raises(aiohttp.ClientResponseError, match="503"):
        await put_load(Load("annotate", 640, 2), server, [*PHOTOS, b"refused"], seconds=5)


def test_rounds_are_pooled_by_their_photos():
    assert pool([ONE]) == ONE
    pooled = pool([ONE, OTHER])
    assert pooled == Measured((0.1, 0.3, 0.2), 1.0, pytest.approx(0.6), (0.01, 0.03, 0.02), 100)
    assert pooled.photos_per_s == 3
    assert pooled.cpu_s_per_photo == pytest.approx(0.2)
    assert pooled.latency_s(50) == 0.2
