"""The service's addresses: requests in, the scheduler asked, replies out."""

import asyncio
import json
from collections.abc import Coroutine
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import ClientDisconnect

from inference_api.annotation import render
from inference_api.http import problems
from inference_api.http.accept import MEDIA_TYPES, acceptable_formats
from inference_api.http.keys import KeyFile
from inference_api.http.openapi import BINARY, PHOTO_PROBLEMS, UPLOAD, documented
from inference_api.http.problems import ProblemError
from inference_api.http.schemas import HEADER_FACES, Health, Line, ModelsReply, PredictionReply
from inference_api.http.uploads import read_photo
from inference_api.serving.scheduler import Scheduler
from inference_api.settings import Settings
from inference_api.vision.images import EncodedFormat, first_that_holds

T = TypeVar("T")
router = APIRouter()


async def _scheduler(request: Request) -> Scheduler:
    scheduler: Scheduler = request.app.state.scheduler
    return scheduler


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _allowed(
    request: Request,
    header: Annotated[str | None, Depends(APIKeyHeader(name="X-API-Key", auto_error=False))],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> None:
    """Let the request in if the operator asks for no key or it brings a good one."""
    keys: KeyFile | None = request.app.state.keys
    if keys:
        request.state.key = keys.admit(header or (bearer.credentials if bearer else None))


async def _answer_formats(request: Request) -> tuple[EncodedFormat, ...]:
    """Those that the client takes, its favorite first."""
    if formats := acceptable_formats(request.headers.get("accept", "")):
        return formats
    raise ProblemError(problems.NOT_ACCEPTABLE)


TheScheduler = Annotated[Scheduler, Depends(_scheduler)]
TheSettings = Annotated[Settings, Depends(_settings)]


@router.post(
    "/v1/predict",
    dependencies=[Depends(_allowed)],
    responses=documented(*PHOTO_PROBLEMS),
    openapi_extra=UPLOAD,
    tags=["photos"],
)
async def predict(
    request: Request, scheduler: TheScheduler, settings: TheSettings
) -> PredictionReply:
    """Find and label the faces in a photo."""
    data = await read_photo(request, max_bytes=settings.max_bytes)
    prediction = await _while_connected(request, scheduler.predict(data))
    return PredictionReply.of(prediction, request_id=request.state.request_id)


@router.post(
    "/v1/annotate",
    dependencies=[Depends(_allowed)],
    response_class=Response,
    responses={
        200: {
            "description": "The photo at its own size with frames and labels drawn.",
            "content": dict.fromkeys(MEDIA_TYPES.values(), BINARY),
            "headers": {
                "X-Prediction": {
                    "description": f"What `/v1/predict` says, as one line of ASCII JSON, "
                    f"with at most {HEADER_FACES} faces.",
                    "schema": {"type": "string"},
                }
            },
        },
        **documented(*PHOTO_PROBLEMS, problems.NOT_ACCEPTABLE),
    },
    openapi_extra=UPLOAD,
    tags=["photos"],
)
async def annotated(
    request: Request,
    scheduler: TheScheduler,
    settings: TheSettings,
    formats: Annotated[tuple[EncodedFormat, ...], Depends(_answer_formats)],
) -> Response:
    """Draw the faces and their labels on the photo, as JPEG, PNG or WebP by `Accept`.

    The format is the first of those accepted that can hold a picture of this size.
    """
    rendering = partial(render, formats=formats, font_path=settings.font_path)
    data = await read_photo(request, max_bytes=settings.max_bytes)
    answer = scheduler.annotate(data, render=rendering)
    prediction, picture = await _while_connected(request, answer)
    reply = PredictionReply.of(prediction, request_id=request.state.request_id)
    headers = {"X-Prediction": _one_line(reply), "Vary": "Accept"}
    image_format = first_that_holds(prediction.size_wh, formats)
    return Response(picture, headers=headers, media_type=MEDIA_TYPES[image_format])


@router.get("/v1/models", tags=["service"])
async def models(scheduler: TheScheduler) -> ModelsReply:
    """Which networks answer, and with which words."""
    return ModelsReply.of(scheduler.pipeline)


@router.get("/v1/queue", tags=["service"])
async def queue(scheduler: TheScheduler) -> Line:
    """How long a photo that is sent now would take."""
    return Line(wait_s=round(scheduler.wait_s, 2))


@router.get("/livez", tags=["service"])
async def livez() -> Health:
    """Whether the process answers at all."""
    return Health(status="ok")


@router.get("/readyz", responses=documented(problems.NOT_READY), tags=["service"])
async def readyz(scheduler: TheScheduler) -> Health:
    """Whether photos are answered: the networks are warm and nothing is stuck."""
    if trouble := scheduler.trouble:
        raise ProblemError(problems.NOT_READY, detail=trouble)
    return Health(status="ok")


@router.get("/metrics", response_class=Response, tags=["service"])
async def metrics(request: Request) -> Response:
    """The numbers of this process, for Prometheus."""
    exported = generate_latest(request.app.state.metrics.registry)
    return Response(exported, media_type=CONTENT_TYPE_LATEST)


def _one_line(reply: PredictionReply) -> str:
    """The reply as ASCII JSON without spaces, short enough for any client's header limit."""
    document = reply.model_dump()
    document["faces"] = document["faces"][:HEADER_FACES]
    return json.dumps(document, separators=(",", ":"))


async def _while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns; it is cancelled, and ClientDisconnect raised, if the client leaves."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_disconnection(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientDisconnect
    finally:
        working.cancel()
        leaving.cancel()


async def _disconnection(request: Request) -> None:
    """Return when the client has left; the body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
