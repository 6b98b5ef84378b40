"""Around every request: its id, safe headers, one log line, its numbers, and the last resort."""

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inference_api.http.problems import INTERNAL, problem_response
from inference_api.metrics import Metrics

_LOG = logging.getLogger(__name__)
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
CLIENT_LEFT = 499
"""What proxies log for a client that did not wait for the answer."""

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class RequestMiddleware:
    """ASGI middleware; the request's id is `request.state.request_id`.

    A safe `X-Request-ID` that came in is kept. The log line has neither query nor body. An
    exception that nothing below understood is logged and answered as a 500 problem.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        status, started = CLIENT_LEFT, time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, request_id)
            await send(message)

        if is_head := scope["method"] == "HEAD":  # answered as GET; the server leaves the body out
            scope = {**scope, "method": "GET"}
        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:  # noqa: BLE001 - the outermost edge: logged, and answered as a problem
            _LOG.exception("request %s failed", request_id)
            if status == CLIENT_LEFT:
                response = problem_response(INTERNAL, request_id=request_id)
                await response(scope, receive, send_with_headers)
        finally:
            method = "HEAD" if is_head else scope["method"]
            self._record(scope, method, status, time.perf_counter() - started)

    def _record(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        self._metrics.requests.labels(route, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        level = logging.DEBUG if route in {"/livez", "/readyz", "/metrics"} else logging.INFO
        _LOG.log(
            level,
            "%s %s %d %.0f ms",
            method,
            route,
            status,
            seconds * 1000,
            extra={
                "client": (scope.get("client") or ("",))[0],
                "key": scope["state"].get("key"),
                "request_id": scope["state"]["request_id"],
            },
        )


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex


def _add_headers(message: Message, request_id: str) -> None:
    headers = MutableHeaders(scope=message)
    headers["X-Request-ID"] = request_id
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
