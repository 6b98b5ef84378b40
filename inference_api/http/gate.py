"""Turns photos away at the door: those that are too many, and those that say they are too large."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inference_api.errors import ImageTooLargeError, OverloadedError
from inference_api.http.problems import OVERLOADED, TOO_LARGE, problem_response, retry_after
from inference_api.http.uploads import OVERHEAD, discard_photo
from inference_api.metrics import Metrics

_UPLOADS_HELD = 10  # times the largest photo: the bytes of all that is being sent and worked on


class Gate:
    """ASGI middleware that refuses before routing, keys and the photo's bytes cost anything.

    Under overload most requests are refused, and all that they cost is taken from the photos.
    routes: those that take photos, by path; logs and metrics call a refused request by its route.
    """

    def __init__(
        self, app: ASGIApp, *, routes: Mapping[str, BaseRoute], max_bytes: int, metrics: Metrics
    ) -> None:
        self._app = app
        self._routes = routes
        self._max_bytes = max_bytes
        self._metrics = metrics
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
        elif route := self._routes.get(scope["path"]):
            scope["route"] = route  # for those that never reach the router
            await self._take(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (declared := _declared_bytes(scope)) > self._max_bytes + OVERHEAD:
            await self._refuse_large(declared, Request(scope, receive), send)
            return
        try:
            scope["app"].state.scheduler.admission.check()
        except OverloadedError as error:
            await self._refuse(error, Request(scope, receive), send)
            return
        own = 0

        async def counted() -> Message:
            nonlocal own
            message = await receive()
            n_bytes = len(message.get("body", b""))
            own += n_bytes
            self._hold(n_bytes)
            if n_bytes and self._held > _UPLOADS_HELD * self._max_bytes:
                raise OverloadedError(retry_after_s=1)
            return message

        try:
            await self._app(scope, counted, send)
        finally:
            self._hold(-own)

    def _hold(self, n_bytes: int) -> None:
        self._held += n_bytes
        self._metrics.upload_bytes.set(self._held)

    async def _refuse_large(self, declared: int, request: Request, send: Send) -> None:
        """Answer at once: a client that asks first need not send it, and who sends is not read."""
        error = ImageTooLargeError(actual=declared, limit=self._max_bytes, unit="bytes")
        request_id = request.state.request_id
        response = problem_response(TOO_LARGE, request_id=request_id, detail=str(error))
        await response(request.scope, request.receive, send)

    async def _refuse(self, error: OverloadedError, request: Request, send: Send) -> None:
        try:
            await discard_photo(request, max_bytes=self._max_bytes)
        except ClientDisconnect:
            return
        response = problem_response(
            OVERLOADED,
            request_id=request.state.request_id,
            detail=str(error),
            headers=retry_after(error.retry_after_s),
        )
        await response(request.scope, request.receive, send)


def _declared_bytes(scope: Scope) -> int:
    """What the client says that its body has; 0 where it says nothing."""
    text = Headers(scope=scope).get("content-length", "")
    return int(text) if text.isdecimal() else 0
