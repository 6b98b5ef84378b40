"""The one place that speaks HTTP to the inference service."""

import asyncio
from dataclasses import dataclass
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from bot.inference.circuit import Circuit
from bot.inference.errors import BadReplyError, InferenceUnavailableError, PhotoRejectedError
from bot.inference.schemas import Prediction, Problem

PREDICTION_HEADER = "X-Prediction"
MAX_REPLY_BYTES = 50_000_000  # the most that a bot may upload to Telegram anyway
REJECTED = {400, 413, 415, 422}
BUSY = {429, 503, 504}
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Annotated:
    """The photo with frames and labels drawn, as JPEG, and what was found in it."""

    jpeg: bytes
    prediction: Prediction


class InferenceClient:
    """Asks the service; stops asking for a while when it is dead."""

    def __init__(self, http: httpx.AsyncClient, *, circuit: Circuit, timeout_s: float) -> None:
        self._http = http
        self._circuit = circuit
        self._timeout_s = timeout_s

    def check_reachable(self) -> None:
        """Raises InferenceUnavailableError while the service is left alone to recover."""
        if self._circuit.rest_left_s:
            raise InferenceUnavailableError(reason="circuit open")

    async def annotate(self, photo: bytes) -> Annotated:
        """The annotated photo. `photo`: an image file's bytes, in any format.

        Raises PhotoRejectedError, InferenceUnavailableError or BadReplyError.
        """
        if not self._circuit.try_call():
            self.check_reachable()
        try:
            annotated = await self._ask(photo)
        except PhotoRejectedError:
            self._circuit.succeeded()
            raise
        except InferenceUnavailableError as error:
            if error.retry_after_s is None:  # a service that names a time is alive
                self._circuit.failed()
            raise
        except BadReplyError:
            self._circuit.failed()
            raise
        self._circuit.succeeded()
        return annotated

    async def _ask(self, photo: bytes) -> Annotated:
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._http.stream(
                    "POST",
                    "v1/annotate",
                    files={"photo": ("photo", photo, "application/octet-stream")},
                    headers={"Accept": "image/jpeg"},
                ) as response,
            ):
                body = await _read(response)
        except (httpx.HTTPError, TimeoutError) as error:
            raise InferenceUnavailableError(reason=type(error).__name__) from error
        return _interpret(response, body)


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_REPLY_BYTES:
            raise BadReplyError(status=response.status_code, problem="the body does not end")
    return bytes(body)


def _interpret(response: httpx.Response, body: bytes) -> Annotated:
    status = response.status_code
    if status in REJECTED:
        raise PhotoRejectedError(code=_parse(Problem, body, status=status).code)
    if status in BUSY:
        raise InferenceUnavailableError(
            reason=f"status {status}", retry_after_s=_retry_after_s(response)
        )
    if status != httpx.codes.OK:
        raise BadReplyError(status=status, problem="the status is not in the contract")
    if not body.startswith(b"\xff\xd8"):
        raise BadReplyError(status=status, problem="the body is not a JPEG")
    prediction = response.headers.get(PREDICTION_HEADER, "").encode()
    return Annotated(jpeg=body, prediction=_parse(Prediction, prediction, status=status))


def _parse(model: type[Model], document: bytes, *, status: int) -> Model:
    try:
        return model.model_validate_json(document)
    except ValidationError as error:
        raise BadReplyError(status=status, problem=f"no valid {model.__name__}") from error


def _retry_after_s(response: httpx.Response) -> float | None:
    """The header's seconds; None for a date or nonsense, which no service of ours sends."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None
