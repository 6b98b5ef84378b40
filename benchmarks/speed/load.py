"""Load on a server: so many photos at once for some seconds, and what that took."""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.speed.client import Client, client_of
from benchmarks.speed.servers import Answer, Server

HEALTH_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked, the height of the photos in pixels, and how many clients wait at once."""

    answer: Answer
    side: int
    clients: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What a load took.

    latencies_s: of each photo. elapsed_s: from the first photo sent to the last answered.
    cpu_s: the server's processor time in that. health_s: each health check's delay meanwhile.
    rss_mb: the server's memory at the end.
    """

    latencies_s: tuple[float, ...]
    elapsed_s: float
    cpu_s: float
    health_s: tuple[float, ...]
    rss_mb: float

    @property
    def photos_per_s(self) -> float:
        """Photos answered a second."""
        return len(self.latencies_s) / self.elapsed_s

    @property
    def cpu_s_per_photo(self) -> float:
        """Seconds of the server's processors a photo."""
        return self.cpu_s / len(self.latencies_s)

    def latency_s(self, percent: float) -> float:
        """The seconds within which `percent` of the photos were answered."""
        return float(np.percentile(self.latencies_s, percent))


def pool(rounds: Sequence[Measured]) -> Measured:
    """Several rounds of one load as one; the memory is the most of them."""
    return Measured(
        latencies_s=tuple(itertools.chain.from_iterable(one.latencies_s for one in rounds)),
        elapsed_s=sum(one.elapsed_s for one in rounds),
        cpu_s=sum(one.cpu_s for one in rounds),
        health_s=tuple(itertools.chain.from_iterable(one.health_s for one in rounds)),
        rss_mb=max(one.rss_mb for one in rounds),
    )


async def put_load(
    load: Load, server: Server, photos: Sequence[bytes], *, seconds: float
) -> Measured:
    """Send `photos` again and again until `seconds` are over, then wait for the answers.

    One photo goes ahead and is not counted. Raises as Client does when any is not
    answered well: a benchmark of errors says nothing.
    """
    async with client_of(server) as client:
        await client.send(photos[0], answer=load.answer)
        ended = asyncio.Event()
        watching = asyncio.create_task(watch_health(client, ended))
        cpu_before, started = server.cpu_s, time.perf_counter()
        queue, until = itertools.cycle(photos), started + seconds
        clients = (_keep_sending(client, load, queue, until) for _ in range(load.clients))
        try:
            latencies = await asyncio.gather(*clients)
            elapsed_s, cpu_s = time.perf_counter() - started, server.cpu_s - cpu_before
        finally:
            ended.set()
            health_s = await watching  # the check under way may be the slowest
        return Measured(
            tuple(itertools.chain.from_iterable(latencies)),
            elapsed_s, cpu_s, tuple(health_s), server.rss_mb,
        )  # fmt: skip


async def _keep_sending(
    client: Client, load: Load, photos: Iterator[bytes], until: float
) -> list[float]:
    latencies = [await client.send(next(photos), answer=load.answer)]
    while time.perf_counter() < until:
        latencies.append(await client.send(next(photos), answer=load.answer))
    return latencies


async def watch_health(client: Client, ended: asyncio.Event) -> list[float]:
    """The delay of each health check until `ended` is set. Raises as Client does."""
    delays = []
    while not ended.is_set():
        delays.append(await client.check_health())
        await asyncio.sleep(HEALTH_EVERY_S)
    return delays
