"""Ten times the load that a server can bear, and whether it stays useful and honest."""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import httpx
import numpy as np

from benchmarks.load import Load, client_of, put_load, send, watch_health
from benchmarks.servers import Server

TIMES = 10  # the capacity
LOAD = Load("annotate", 1280, 8)
RECOVERED = 2  # times the latency of one photo alone
CONNECTIONS = httpx.Limits(max_connections=None)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one photo."""

    status: int
    latency_s: float


@dataclass(frozen=True, slots=True)
class Overloaded:
    """What the server did with `offered_per_s` photos a second when it can do `peak_per_s`.

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

    Raises httpx.HTTPError when a photo alone or a health check is not answered well.
    """
    peak = await put_load(LOAD, server, photos, seconds=seconds)
    rate = TIMES * peak.photos_per_s
    async with client_of(server, limits=CONNECTIONS) as http:
        alone_s = min([await send(http, photos[0], answer=LOAD.answer) for _ in range(3)])
        ended = asyncio.Event()
        watching = asyncio.create_task(watch_health(http, ended))
        try:
            started = time.perf_counter()
            replies = await _offer(http, photos, rate=rate, seconds=seconds)
            elapsed_s = time.perf_counter() - started
            recovery_s = await _recover(http, photos[0], alone_s) + elapsed_s - seconds
        finally:
            ended.set()
            health_s = await watching
    answered = sum(reply.status == HTTPStatus.OK for reply in replies)
    return Overloaded(
        peak.photos_per_s, rate, answered / elapsed_s, replies, tuple(health_s), recovery_s
    )


async def _offer(
    http: httpx.AsyncClient, photos: Sequence[bytes], *, rate: float, seconds: float
) -> tuple[Reply, ...]:
    """Send so many a second, whatever becomes of them, and wait for all replies."""
    started, sent = time.perf_counter(), []
    for photo in _due(photos, started, rate=rate, seconds=seconds):
        if photo is None:
            await asyncio.sleep(0.002)
        else:
            sent.append(asyncio.create_task(_try(http, photo)))
    return tuple(await asyncio.gather(*sent))


def _due(
    photos: Sequence[bytes], started: float, *, rate: float, seconds: float
) -> Iterator[bytes | None]:
    """The next photo whenever it is time for one, else None, until the seconds are over."""
    queue, count = itertools.cycle(photos), 0
    while (now := time.perf_counter() - started) < seconds:
        due = count < now * rate
        yield next(queue) if due and count % 8 else None  # replies must get their turn
        count += due


async def _try(http: httpx.AsyncClient, photo: bytes) -> Reply:
    started = time.perf_counter()
    reply = await http.post(f"/v1/{LOAD.answer}", files={"photo": photo})
    return Reply(reply.status_code, time.perf_counter() - started)


async def _recover(http: httpx.AsyncClient, photo: bytes, alone_s: float) -> float:
    started = time.perf_counter()
    while await send(http, photo, answer=LOAD.answer) > RECOVERED * alone_s:
        pass
    return time.perf_counter() - started
