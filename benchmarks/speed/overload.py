"""Ten times the load that a server can bear, and whether it stays useful and honest."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp
import numpy as np

from benchmarks.speed.client import Client, Reply, client_of
from benchmarks.speed.load import Load, put_load, watch_health
from benchmarks.speed.servers import Server

TIMES = 10  # the capacity
LOAD = Load("annotate", 640, 8)
RECOVERED = 2  # times the latency of one photo alone
BROKEN = 0  # in the place of a status


@dataclass(frozen=True, slots=True)
class Overloaded:
    """What the server did with `offered_per_s` photos a second when it can do `peak_per_s`.

    offered_per_s: those really sent, which is less than was meant where the client is too slow.
    answered_per_s: with success. health_s: each health check's delay meanwhile. recovery_s: from
    the last photo sent until one alone was answered as fast as usual.
    """

    peak_per_s: float
    offered_per_s: float
    answered_per_s: float
    replies: tuple[Reply, ...]
    health_s: tuple[float, ...]
    recovery_s: float

    def count(self, *statuses: int) -> int:
        """How many replies had one of these statuses."""
        return sum(reply.status in statuses for reply in self.replies)

    @property
    def errors(self) -> int:
        """Replies that are neither success, nor busy, nor out of time."""
        return len(self.replies) - self.count(200, 503, 504)

    @property
    def kept_share(self) -> float:
        """Of the photos that were admitted, those that were answered in time."""
        answered = self.count(200)
        return answered / max(1, answered + self.count(504))

    def refusal_s(self, percent: float) -> float:
        """The seconds within which `percent` of the refusals came; 0 without any."""
        delays = [reply.latency_s for reply in self.replies if reply.status == 503]
        return float(np.percentile(delays, percent)) if delays else 0.0


async def overload(server: Server, photos: Sequence[bytes], *, seconds: float) -> Overloaded:
    """Measure the capacity, then offer TIMES as much for some seconds, then see it recover.

    The capacity is measured once more in the end, and the mean of both is the peak: machines drift.
    Raises as Client does when a photo alone or a health check is not answered well.
    """
    peak = await put_load(LOAD, server, photos, seconds=seconds)
    async with client_of(server) as client:
        alone_s = min([await client.send(photos[0], answer=LOAD.answer) for _ in range(3)])
        ended = asyncio.Event()
        watching = asyncio.create_task(watch_health(client, ended))
        try:
            started, rate = time.perf_counter(), TIMES * peak.photos_per_s
            replies = await _offer(client, photos, rate=rate, seconds=seconds)
            elapsed_s = time.perf_counter() - started
            recovery_s = await _recover(client, photos[0], alone_s) + elapsed_s - seconds
        finally:
            ended.set()
            health_s = await watching
    again = await put_load(LOAD, server, photos, seconds=seconds)
    answered = sum(reply.status == HTTPStatus.OK for reply in replies)
    return Overloaded(
        (peak.photos_per_s + again.photos_per_s) / 2, len(replies) / seconds, answered / elapsed_s,
        replies, tuple(health_s), recovery_s,
    )  # fmt: skip


async def _offer(
    client: Client, photos: Sequence[bytes], *, rate: float, seconds: float
) -> tuple[Reply, ...]:
    """Send so many a second, whatever becomes of them, and wait for all replies."""
    started, sent = time.perf_counter(), list[asyncio.Task[Reply]]()
    queue = itertools.cycle(photos)
    while (now := time.perf_counter() - started) < seconds:
        if len(sent) < now * rate:
            sent.append(asyncio.create_task(_try(client, next(queue))))
        await asyncio.sleep(0 if len(sent) < now * rate else 0.002)
    return tuple(await asyncio.gather(*sent))


async def _try(client: Client, photo: bytes) -> Reply:
    started = time.perf_counter()
    try:
        return await client.ask(photo, answer=LOAD.answer)
    except aiohttp.ClientError:
        return Reply(BROKEN, time.perf_counter() - started)


async def _recover(client: Client, photo: bytes, alone_s: float) -> float:
    started = time.perf_counter()
    while await client.send(photo, answer=LOAD.answer) > RECOVERED * alone_s:
        pass
    return time.perf_counter() - started
