"""Turns photos away at the door while the service has more than it can answer in time."""

from collections.abc import Mapping

from starlette.requests import ClientDisconnect, Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from inference_api.errors import OverloadedError
from inference_api.http.problems import OVERLOADED, problem_response, retry_after
from inference_api.http.uploads import discard_photo


class Gate:
    """ASGI middleware that refuses before routing, keys and the photo's bytes cost anything.

    Under overload most requests are refused, and all that they cost is taken from the photos.
    routes: those that take photos, by path; logs and metrics call a refused request by its route.
    """

    def __init__(self, app: ASGIApp, *, routes: Mapping[str, BaseRoute], max_bytes: int) -> None:
        self._app = app
        self._routes = routes
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in self._routes:
            try:
                scope["app"].state.scheduler.admission.check()
            except OverloadedError as error:
                scope["route"] = self._routes[scope["path"]]
                await self._refuse(error, Request(scope, receive), send)
                return
        await self._app(scope, receive, send)

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
