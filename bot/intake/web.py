"""`/livez`, `/readyz`, `/metrics` and, in webhook mode, the address that Telegram delivers to."""

import asyncio
import hmac
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.health import Health
from bot.intake.updates import Intake
from bot.metrics import Metrics
from bot.record.jobs import RecordError

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
MAX_UPDATE_BYTES = 1_000_000
logger = logging.getLogger(__name__)


def create_app(metrics: Metrics, health: Health) -> web.Application:
    """An application with the routes that every bot has."""
    app = web.Application(client_max_size=MAX_UPDATE_BYTES)

    async def livez(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        if health.troubles:
            return web.json_response({"status": "not ready", **health.troubles}, status=503)
        return web.json_response({"status": "ok"})

    async def show_metrics(_: web.Request) -> web.Response:
        headers = {"Content-Type": CONTENT_TYPE_LATEST}
        return web.Response(body=generate_latest(metrics.registry), headers=headers)

    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", show_metrics)
    return app


class Webhook:
    """Where Telegram delivers; until `open` is called, it is asked to come again later."""

    def __init__(self, app: web.Application, *, path: str, secret: str) -> None:
        self._secret = secret
        self._intake: Intake | None = None
        app.router.add_post(path, self._deliver)

    def open(self, intake: Intake) -> None:
        """From now on take updates in."""
        self._intake = intake

    async def _deliver(self, request: web.Request) -> web.Response:
        """200 is answered only after the update is recorded."""
        if not _same(request.headers.get(SECRET_HEADER, ""), self._secret):
            raise web.HTTPUnauthorized
        update = await _update(request)
        if self._intake is None:
            raise web.HTTPServiceUnavailable
        try:
            # shielded: Telegram hanging up must not leave a photo half taken in
            await asyncio.shield(self._intake.take_in(update))
        except RecordError as error:
            logger.warning("an update is not recorded: %s", error)
            raise web.HTTPServiceUnavailable from error  # so that Telegram delivers it again
        return web.Response()


def _same(received: str, secret: str) -> bool:
    """Compares in constant time; any bytes may come in a header."""
    return hmac.compare_digest(received.encode(errors="surrogateescape"), secret.encode())


async def _update(request: web.Request) -> dict[str, Any]:
    try:
        update = json.loads(await request.read())
    except ValueError as error:
        raise web.HTTPBadRequest from error
    if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
        raise web.HTTPBadRequest
    return update


@asynccontextmanager
async def serving(app: web.Application, *, host: str, port: int) -> AsyncIterator[None]:
    """The application answers on `host`:`port` within the body. Raises OSError if taken."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()
