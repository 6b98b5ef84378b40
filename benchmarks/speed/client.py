"""A client that costs little: what it takes of the processors it takes from the server's."""

import asyncio
import io
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, TypeVar

import aiohttp
import httpx
from uvicorn.loops.auto import auto_loop_factory

from benchmarks.speed.servers import Answer, Dialect, Server

TIMEOUT_S = 120
T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """What `main` returns; on the event loop that the services themselves use."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(main)


class Reply(NamedTuple):
    """The status, and the seconds from sending a request until its answer was here as a whole."""

    status: int
    latency_s: float


class Client:
    """Asks one server. All errors are aiohttp.ClientError."""

    def __init__(self, session: aiohttp.ClientSession, dialect: Dialect) -> None:
        self._session = session
        self._dialect = dialect
        self._forms: dict[bytes, _Form] = {}

    async def send(self, photo: bytes, *, answer: Answer) -> float:
        """Seconds until the photo was answered. Raises for an answer that is not a success."""
        return (await self.ask(photo, answer=answer, checked=True)).latency_s

    async def ask(self, photo: bytes, *, answer: Answer, checked: bool = False) -> Reply:
        """What came of a photo; checked: raises for an answer that is not a success."""
        if (form := self._forms.get(photo)) is None:
            form = self._forms[photo] = _form(photo, self._dialect)
        return await self._exchange(
            "POST", self._dialect.answers[answer], form=form, checked=checked
        )

    async def check_health(self) -> float:
        """Seconds until the server said that it lives. Raises where it does not."""
        return (await self._exchange("GET", self._dialect.alive, checked=True)).latency_s

    async def _exchange(
        self, method: str, path: str, *, checked: bool, form: "_Form | None" = None
    ) -> Reply:
        headers = {"Content-Type": form.content_type} if form else None
        body = io.BytesIO(form.body) if form else None
        started = time.perf_counter()
        try:
            async with self._session.request(
                method, path, data=body, headers=headers, raise_for_status=checked
            ) as response:
                await response.read()
        except TimeoutError as error:
            raise aiohttp.ServerTimeoutError(f"no answer within {TIMEOUT_S} s") from error
        return Reply(response.status, time.perf_counter() - started)


@asynccontextmanager
async def client_of(server: Server) -> AsyncIterator[Client]:
    """A client of one server; connections are kept, and there are as many as wait at once."""
    connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(TIMEOUT_S)
    async with aiohttp.ClientSession(
        server.base_url, connector=connector, timeout=timeout
    ) as session:
        yield Client(session, server.dialect)


class _Form(NamedTuple):
    body: bytes
    content_type: str


def _form(photo: bytes, dialect: Dialect) -> _Form:
    """The body of a request, made once for each photo."""
    files, fields = {dialect.photo_field: ("photo.jpg", photo)}, dict(dialect.fields)
    request = httpx.Request("POST", "http://localhost", files=files, data=fields)
    return _Form(request.read(), request.headers["Content-Type"])
