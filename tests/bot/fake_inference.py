"""A stand-in for the inference service: the same contract, and every way to break it."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from PIL import Image, ImageDraw, UnidentifiedImageError

MARK = (255, 0, 0)
Behavior = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class FakeInference:
    """Finds `n_faces` in each photo; `behaviors` answer instead, one a call, while there are any.

    `always` answers every call until it is set to None.
    """

    base_url: str = ""
    n_faces: int = 1
    label: str = "Sexy"
    said: dict[str, Any] = field(default_factory=dict)  # of each face, in the place of a label
    is_well: bool = True
    """What /readyz says."""
    calls: int = 0
    at_once: int = 0
    most_at_once: int = 0
    behaviors: list[Behavior] = field(default_factory=list)
    always: Behavior | None = None

    async def annotate(self, request: web.Request) -> web.StreamResponse:
        self.calls += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.behaviors:
                return await self.behaviors.pop(0)(request)
            return await (self.always or self.look)(request)
        finally:
            self.at_once -= 1

    async def readyz(self, _: web.Request) -> web.Response:
        return web.json_response({}, status=200 if self.is_well else 503)

    async def models(self, _: web.Request) -> web.Response:
        return web.json_response({"models": [], "labels": ["Ugly", "Sexy"]})

    async def look(self, request: web.Request) -> web.Response:
        data = (await request.post())["photo"].file.read()  # type: ignore[union-attr]
        try:
            image = Image.open(io.BytesIO(data)).convert("RGB")
        except UnidentifiedImageError:
            return problem(415, "unsupported_image")
        except OSError:
            return problem(422, "undecodable_image")
        ImageDraw.Draw(image).rectangle((0, 0, image.width // 2, image.height // 2), fill=MARK)
        annotated = io.BytesIO()
        image.save(annotated, "JPEG")
        return web.Response(
            body=annotated.getvalue(),
            content_type="image/jpeg",
            headers={"X-Prediction": json.dumps(self._prediction(image), separators=(",", ":"))},
        )

    def _prediction(self, image: Image.Image) -> dict[str, Any]:
        face = {
            "box": {"left": 1, "top": 1, "right": 9, "bottom": 9},
            "face_probability": 0.99,
            "verdict": "labelled",
            "reason": "none",
            "label": self.label,
            "probability": 0.874,
            **self.said,
        }
        return {
            "image": {"width": image.width, "height": image.height},
            "faces": [face] * self.n_faces,
            "models": [{"name": "fake", "version": "1"}],
            "timings_ms": {},
            "request_id": "r-1",
        }


def problem(status: int, code: str, **headers: str) -> web.Response:
    body = {"type": "about:blank", "title": code, "status": status, "code": code}
    return web.json_response(
        body, status=status, headers=headers, content_type="application/problem+json"
    )


def busy(*, retry_after_s: int = 1) -> Behavior:
    async def behavior(request: web.Request) -> web.Response:
        await request.read()
        return problem(503, "overloaded", **{"Retry-After": str(retry_after_s)})

    return behavior


async def crash(request: web.Request) -> web.Response:
    """The connection breaks in the middle of the request."""
    assert request.transport
    request.transport.abort()
    return web.Response()


async def nonsense(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(text="<html>It works!</html>")


async def hang(request: web.Request) -> web.Response:
    await request.read()
    await asyncio.sleep(3600)
    raise AssertionError


@asynccontextmanager
async def fake_inference() -> AsyncIterator[FakeInference]:
    fake = FakeInference()
    app = web.Application(client_max_size=60_000_000)
    app.router.add_post("/v1/annotate", fake.annotate)
    app.router.add_get("/readyz", fake.readyz)
    app.router.add_get("/v1/models", fake.models)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield fake
    finally:
        await runner.cleanup()


def is_annotated(picture: bytes) -> bool:
    """Whether the picture carries the mark."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    red, green, blue = image.getpixel((1, 1))  # type: ignore[misc]
    return red > 200 and green < 60 and blue < 60
