"""uvicorn, set up for this service: its own log, its own patience, no header of a proxy trusted."""

import logging
import resource

import uvicorn
from fastapi import FastAPI

from inference_api.http.connections import ConnectionLimits, Watch, guarded_protocol
from inference_api.settings import Settings

_LOG = logging.getLogger(__name__)
_TICKS = 10  # uvicorn ticks ten times a second
_RESERVED = 128  # descriptors for everything that is no connection
_HEADER_BYTES = 32_768


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How `app` is served with these settings."""
    limits = ConnectionLimits(most=most_connections(settings.max_connections))
    cuts = app.state.metrics.connections_cut
    watch = Watch(limits, lambda reason: cuts.labels(reason).inc())
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=guarded_protocol(watch),
        ws="none",
        log_config=None,  # ours
        access_log=False,  # the middleware's line names no query
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=round(settings.deadline_s) + 1,
        h11_max_incomplete_event_size=_HEADER_BYTES,
    )


class Server(uvicorn.Server):
    """Ends by itself where only a new start helps; `failure` says why it did."""

    failure: str | None = None

    async def on_tick(self, counter: int) -> bool:
        """Look after the service; whether it has to end."""
        if counter % _TICKS == 0 and self.failure is None:
            application: FastAPI = self.config.app  # type: ignore[assignment]
            self.failure = application.state.scheduler.failure
            if self.failure:
                _LOG.critical("the service ends, as it cannot heal: %s", self.failure)
                return True
        return await super().on_tick(counter)


def most_connections(wanted: int) -> int:
    """As many as are wanted and the system has descriptors for."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors == resource.RLIM_INFINITY:
        return wanted
    return max(1, min(wanted, descriptors - _RESERVED))
