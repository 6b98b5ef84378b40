"""Connections that cannot hold the service up: each gets so much time, and there are so many.

uvicorn serves HTTP; this adds what it leaves to a proxy. Once a second every connection is looked
at. Who has not sent its headers in time, sends its photo too slowly, or does not read its answer,
is cut off; where there are too many, who waits longest without a request goes first.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import h11
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from inference_api.http.problems import (
    CONNECTIONS,
    MALFORMED,
    STOPPING,
    TOO_SLOW,
    Kind,
    problem_response,
)

_LOG = logging.getLogger(__name__)
_LOOK_S = 1.0
_TINY = 64  # bytes; pieces of a body that are smaller on average come from no real client
_PIECES = 1000  # before that is judged


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What a client may take: seconds for headers, bytes a second of a body, seconds to read.

    window_s: over which a body's pace is taken. stopping_s: for unfinished bodies once the service
    is told to stop. most: connections at a time.
    """

    headers_s: float = 10
    least_bytes_per_s: float = 2000
    window_s: float = 10
    unread_s: float = 20
    stopping_s: float = 5
    most: int = 1000


@dataclass(slots=True)
class Watch:
    """All connections of one server; on_cut is told why each was cut off."""

    limits: ConnectionLimits
    on_cut: Callable[[str], None]
    all: dict["GuardedProtocol", None] = field(default_factory=dict)  # the oldest first
    _cut: Counter[str] = field(default_factory=Counter)
    _timer: asyncio.TimerHandle | None = None

    def add(self, connection: "GuardedProtocol") -> None:
        """Watch one more; another goes where there are too many."""
        self.all[connection] = None
        if len(self.all) > self.limits.most:
            waiting = (each for each in self.all if each.is_waiting and each is not connection)
            next(waiting, connection).cut("too many", CONNECTIONS)
        if self._timer is None:
            self._timer = connection.loop.call_later(_LOOK_S, self._look, connection.loop)

    def count(self, reason: str) -> None:
        """Note why a connection was cut off."""
        self._cut[reason] += 1
        self.on_cut(reason)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in tuple(self.all):
            connection.look(now)
        if self._cut:
            reasons = ", ".join(f"{count} {reason}" for reason, count in self._cut.items())
            _LOG.warning("connections cut off in the last second: %s", reasons)
            self._cut.clear()
        self._timer = loop.call_later(_LOOK_S, self._look, loop) if self.all else None


def guarded_protocol(watch: Watch) -> type[H11Protocol]:
    """Uvicorn's protocol class, whose connections are in `watch`."""
    return type("Guarded", (GuardedProtocol,), {"watch": watch})


class GuardedProtocol(H11Protocol):
    """One connection."""

    watch: Watch

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        size = self.config.h11_max_incomplete_event_size or 16_384
        self.conn = _Connection(h11.SERVER, size)
        self._since = self._read_since = self.loop.time()
        self._bytes = self._unread = 0

    @property
    def is_waiting(self) -> bool:
        """Whether no request has come yet, or none after the last answer."""
        return self.conn.their_state is h11.IDLE and not self.transport.get_write_buffer_size()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Watch it from here on."""
        super().connection_made(transport)
        self.watch.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Watch it no more."""
        self.watch.all.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._bytes += len(data)
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:  # a request: its body starts a time of its own
            self._start_again()
            if {name for name, _ in self.headers} >= _NAMES:
                self.cycle.keep_alive = False  # two lengths: what follows may be anything

    def on_response_complete(self) -> None:
        """The next request has a time of its own."""
        self._start_again()
        super().on_response_complete()

    def look(self, now: float) -> None:
        """Cut the connection off if it takes too long."""
        limits = self.watch.limits
        if self._is_unread_too_long(now):
            self.cut("unread answer", None)
        elif self.conn.their_state is h11.IDLE:
            if now - self._since > limits.headers_s:
                self.cut("slow headers", TOO_SLOW if self.conn.trailing_data[0] else None)
        elif self.conn.their_state is h11.SEND_BODY and now - self._since > limits.window_s:
            if self.conn.our_state is not h11.SEND_RESPONSE:
                self.cut("body after the answer", None)
                return
            is_slow = self._bytes < limits.least_bytes_per_s * (now - self._since)
            if is_slow and not self.flow.read_paused:
                self.cut("slow body", TOO_SLOW)
            self._start_again()

    def cut(self, reason: str, kind: Kind | None) -> None:
        """End the connection, with a word where an answer is still owed and `kind` is given."""
        self.watch.count(reason)
        if kind and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._say(kind)
            self.transport.close()
        else:
            self.transport.abort()
        if self.cycle and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says it as a problem
        """Refuse what is no HTTP, or a body in tiny pieces."""
        self.cut("malformed", MALFORMED)

    def shutdown(self) -> None:
        """Photos that are here are answered; those that still come have a little time."""
        super().shutdown()
        if self.conn.their_state is h11.SEND_BODY:
            self.loop.call_later(self.watch.limits.stopping_s, self._stop_waiting)

    def _stop_waiting(self) -> None:
        if self.conn.their_state is h11.SEND_BODY and not self.transport.is_closing():
            self.cut("stopping", STOPPING)

    def _start_again(self) -> None:
        self._since, self._bytes = self.loop.time(), 0

    def _is_unread_too_long(self, now: float) -> bool:
        """Whether nothing of what waits to be sent has gone for too long."""
        unread = self.transport.get_write_buffer_size()
        if not unread or unread != self._unread:
            self._unread, self._read_since = unread, now
        return now - self._read_since > self.watch.limits.unread_s

    def _say(self, kind: Kind) -> None:
        request_id = str(self.scope["state"].get("request_id", "")) if self.scope else ""
        response: Response = problem_response(kind, request_id=request_id)
        headers: Mapping[str, str] = {**response.headers, "connection": "close"}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        start = h11.Response(status_code=kind.status, headers=raw)
        for event in (start, h11.Data(data=bytes(response.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")


_NAMES = {b"content-length", b"transfer-encoding"}


class _Connection(h11.Connection):
    """Counts the pieces of a body: a million of one byte would keep everybody else waiting."""

    pieces = n_bytes = 0

    def next_event(self) -> Any:
        """As h11's. Raises h11.RemoteProtocolError."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            self.pieces = self.n_bytes = 0
        elif isinstance(event, h11.Data):
            self.pieces += 1
            self.n_bytes += len(event.data)
            if self.pieces > _PIECES and self.n_bytes < _TINY * self.pieces:
                raise h11.RemoteProtocolError("a body in tiny pieces")
        return event
