"""The ASGI application: its lifespan, its error table, its parts put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from inference_api import __version__
from inference_api.errors import OverloadedError
from inference_api.http import problems
from inference_api.http.gate import Gate
from inference_api.http.keys import KeyFile
from inference_api.http.middleware import CLIENT_LEFT, RequestMiddleware
from inference_api.http.page import add_page
from inference_api.http.problems import Kind, ProblemError, problem_response, retry_after
from inference_api.http.routes import router
from inference_api.metrics import Metrics
from inference_api.pipeline import Pipeline
from inference_api.serving.scheduler import Scheduler, SchedulerOptions
from inference_api.settings import Settings

DESCRIPTION = (
    "Finds the face in a photo and puts it into one of two categories, as some people would."
)


def create_app(settings: Settings, pipeline: Pipeline) -> FastAPI:
    """The service over `pipeline`; it warms up when it starts and drains when it stops."""
    metrics = Metrics()
    options = SchedulerOptions(
        image_limits=settings.image_limits,
        max_batch=settings.max_batch,
        codec=settings.codec,
        codec_workers=settings.codec_workers,
        deadline_s=settings.deadline_s,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Scheduler(pipeline, options, metrics=metrics) as scheduler:
            app.state.scheduler, app.state.has_ended = scheduler, lambda: scheduler.has_ended
            yield

    app = FastAPI(
        title="Photo appeal",
        description=DESCRIPTION,
        version=__version__,
        lifespan=lifespan,
        redoc_url=None,
    )
    app.state.has_ended = lambda: True
    app.state.settings, app.state.metrics = settings, metrics
    app.state.keys = _keys(settings)
    app.include_router(router)
    add_page(app)
    app.add_middleware(Gate, routes=_photo_routes(), max_bytes=settings.max_bytes, metrics=metrics)
    app.add_middleware(RequestMiddleware, metrics=metrics)
    _add_error_table(app)
    return app


def _photo_routes() -> dict[str, APIRoute]:
    """Those that take photos, by path."""
    routes = (route for route in router.routes if isinstance(route, APIRoute))
    return {route.path: route for route in routes if "photos" in route.tags}


def _keys(settings: Settings) -> KeyFile | None:
    if settings.keys_file is None:
        return None
    return KeyFile(settings.keys_file, per_minute=settings.key_photos_per_minute)


def _add_error_table(app: FastAPI) -> None:
    for error, kind in problems.OF_ERROR.items():
        app.add_exception_handler(error, partial(_answer_service_error, kind))
    for status, kind in problems.OF_STATUS.items():
        app.add_exception_handler(status, partial(_answer_http_error, kind))
    app.add_exception_handler(ProblemError, _answer_problem)
    app.add_exception_handler(ClientDisconnect, _answer_nobody)


async def _answer_service_error(kind: Kind, request: Request, error: Exception) -> Response:
    headers = retry_after(error.retry_after_s) if isinstance(error, OverloadedError) else None
    request_id = request.state.request_id
    return problem_response(kind, request_id=request_id, detail=str(error), headers=headers)


async def _answer_http_error(kind: Kind, request: Request, error: Exception) -> Response:
    headers = error.headers if isinstance(error, HTTPException) else None
    return problem_response(kind, request_id=request.state.request_id, headers=headers)


async def _answer_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, ProblemError):
        raise error
    request_id = request.state.request_id
    return problem_response(
        error.kind, request_id=request_id, detail=error.detail, headers=error.headers
    )


async def _answer_nobody(_request: Request, _error: Exception) -> Response:
    return Response(status_code=CLIENT_LEFT)
