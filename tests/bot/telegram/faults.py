"""What goes wrong on the way to Telegram, ordered by a test or drawn by chance."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from aiohttp import web

Kind = Literal["429", "500", "502", "reset", "lost", "slow", "half"]
MESSAGES = {"sendMessage", "sendPhoto", "sendDocument", "sendMediaGroup"}
Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class Fault:
    """`kind` for the next `times` calls of `method` (a Bot API method, or "download").

    429: flood control for `delay_s`; 500: as JSON; 502: an HTML page; reset: cut before the work is
    done; lost: work done, answer lost; slow: late by `delay_s`; half: the answer breaks off.
    """

    kind: Kind
    method: str
    times: int = 1
    delay_s: float = 1
    chat_id: int | None = None
    """Only calls about this chat."""


@dataclass
class Faults:
    """Ordered ones come first; then each call fails with probability `rate`, in a way drawn."""

    rate: float = 0
    drawn: tuple[Kind, ...] = ("429", "500", "502", "reset", "slow", "half")
    chance: Random = field(default_factory=lambda: Random(0))
    ordered: list[Fault] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    answers_lost: int = 0
    """Messages that were sent although the bot could not know it."""

    def order(self, kind: Kind, method: str, **details: Any) -> None:
        self.ordered.append(Fault(kind, method, **details))

    async def around(self, request: web.Request, method: str, work: Handler) -> web.StreamResponse:
        """The answer of `work`, spoiled by what is due."""
        chat_id = None
        if any(fault.chat_id for fault in self.ordered):
            chat_id = (await request.post()).get("chat_id")
        fault = self._due(method, chat_id)
        if fault is None:
            return await work(request)
        self.happened[fault.kind] += 1
        self.answers_lost += method in MESSAGES and fault.kind in {"lost", "half"}
        try:
            return await SPOILERS[fault.kind](request, work, fault)
        finally:
            if chat_id is not None:  # what was uploaded is open still, where it was cut off
                for value in (await request.post()).values():
                    if isinstance(value, web.FileField):
                        value.file.close()

    def _due(self, method: str, chat_id: object) -> Fault | None:
        for fault in self.ordered:
            if fault.method == method and fault.chat_id in {None, chat_id and int(str(chat_id))}:
                fault.times -= 1
                if not fault.times:
                    self.ordered.remove(fault)
                return fault
        if self.chance.random() < self.rate:
            return Fault(self.chance.choice(self.drawn), method)
        return None


async def _flood(request: web.Request, work: Handler, fault: Fault) -> web.Response:
    seconds = int(fault.delay_s)
    return _refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


async def _internal(request: web.Request, work: Handler, fault: Fault) -> web.Response:
    return _refusal(500, "Internal Server Error")


async def _bad_gateway(request: web.Request, work: Handler, fault: Fault) -> web.Response:
    return web.Response(status=502, text="<html>Bad Gateway</html>")


async def _reset(request: web.Request, work: Handler, fault: Fault) -> web.Response:
    return _cut(request)


async def _lost(request: web.Request, work: Handler, fault: Fault) -> web.Response:
    await work(request)
    return _cut(request)


async def _slow(request: web.Request, work: Handler, fault: Fault) -> web.Response:
    await asyncio.sleep(fault.delay_s)
    if request.transport is None or request.transport.is_closing():
        return web.Response()  # an upload that was cut off is no message
    return await work(request)


async def _half(request: web.Request, work: Handler, fault: Fault) -> web.StreamResponse:
    whole = (await work(request)).body
    assert isinstance(whole, bytes)
    response = web.StreamResponse(headers={"Content-Length": str(len(whole))})
    await response.prepare(request)
    await response.write(whole[: len(whole) // 2])
    _cut(request)
    return response


SPOILERS: dict[Kind, Callable[[web.Request, Handler, Fault], Awaitable[web.StreamResponse]]] = {
    "429": _flood,
    "500": _internal,
    "502": _bad_gateway,
    "reset": _reset,
    "lost": _lost,
    "slow": _slow,
    "half": _half,
}


def _refusal(status: int, description: str, **parameters: int) -> web.Response:
    body = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return web.json_response(body, status=status)


def _cut(request: web.Request) -> web.Response:
    assert request.transport
    request.transport.abort()
    return web.Response()
