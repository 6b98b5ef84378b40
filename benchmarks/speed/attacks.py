"""Clients that mean harm: they send costly files, or take their time with ordinary ones.

They run in a process of their own, so that what they do is not felt by those who measure.
"""

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp

from benchmarks.speed.client import Client
from benchmarks.speed.servers import Server

_PAUSE_S = 0.5  # between the drops of a client that is slow on purpose
_START = b"POST /v1/predict HTTP/1.1\r\nHost: x\r\n"
_UPLOAD = _START + b"Content-Length: %d\r\n\r\n"


class Attack(Protocol):
    """What is done to a service for as long as it is let; picklable."""

    async def run(self, base_url: str, heard: Counter[str]) -> None:
        """Attack, and count what is heard."""


@dataclass(frozen=True, slots=True)
class Sending:
    """Clients that send `photo` again and again."""

    photo: bytes
    answer: str = "annotate"
    clients: int = 4

    async def run(self, base_url: str, heard: Counter[str]) -> None:
        """Send on."""
        async with aiohttp.ClientSession(base_url) as session:
            sending = (self._send_on(session, heard) for _ in range(self.clients))
            await asyncio.gather(*sending)

    async def _send_on(self, session: aiohttp.ClientSession, heard: Counter[str]) -> None:
        headers, path = {"Content-Type": "application/octet-stream"}, f"/v1/{self.answer}"
        while True:
            try:
                async with session.post(path, data=self.photo, headers=headers) as response:
                    await response.read()
                    heard[str(response.status)] += 1
            except aiohttp.ClientError:
                heard["cut off"] += 1


@dataclass(frozen=True, slots=True)
class Connecting:
    """Connections that send `start`, and then `drop` again and again, until they are cut off."""

    count: int
    start: bytes = b""
    drop: bytes = b""

    async def run(self, base_url: str, heard: Counter[str]) -> None:
        """Connect, once each."""
        await asyncio.gather(*(self._hang_on(base_url, heard) for _ in range(self.count)))
        await asyncio.Event().wait()

    async def _hang_on(self, base_url: str, heard: Counter[str]) -> None:
        address = urlsplit(base_url)
        try:
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
        except OSError:
            heard["not let in"] += 1
            return
        with suppress(OSError):
            ending = asyncio.create_task(reader.read())
            writer.write(self.start)
            while not ending.done():
                writer.write(self.drop)
                await asyncio.wait({ending}, timeout=_PAUSE_S)
            said = b"" if ending.exception() else ending.result()
            words = said.partition(b"\r\n")[0].split()
            heard[words[1].decode() if len(words) > 1 else "cut off"] += 1
        writer.close()


SLOW_CLIENTS: dict[str, Attack] = {
    "500 clients, a header every 0.5 s": Connecting(500, _START, b"X-A: b\r\n"),
    "500 clients, 20 bytes/s of a body": Connecting(500, _UPLOAD % 500_000, b"x" * 10),
    "1,100 silent connections": Connecting(1100),
    "100 uploads held one byte short": Connecting(100, _UPLOAD % 2_000_000 + b"x" * 1_999_999),
    "4 clients, a million chunks of one byte": Connecting(
        4, _START + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 1_000_000
    ),
}


@asynccontextmanager
async def under(attack: Attack | None, server: Server) -> AsyncIterator[Counter[str]]:
    """While the context lasts the attack does; after it, what its clients heard is counted."""
    heard: Counter[str] = Counter()
    if not attack:
        yield heard
        return
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_attack_until_told, args=(attack, server.base_url, theirs))
    process.start()
    await asyncio.to_thread(ours.recv)  # it has begun
    try:
        yield heard
    finally:
        ours.send("enough")
        heard.update(await asyncio.to_thread(ours.recv))
        await asyncio.to_thread(process.join)


def _attack_until_told(attack: Attack, base_url: str, connection: Connection) -> None:
    heard: Counter[str] = Counter()

    async def main() -> None:
        task = asyncio.create_task(attack.run(base_url, heard))
        connection.send("begun")
        await asyncio.to_thread(connection.recv)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())
    connection.send(heard)


async def ask_on(client: Client, photos: Sequence[bytes], replies: list[tuple[int, float]]) -> None:
    """An ordinary client: one photo after the other; status and seconds of each."""
    while True:
        for photo in photos:
            reply = await client.ask(photo, answer="predict")
            replies.append((reply.status, reply.latency_s))
