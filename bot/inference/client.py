"""The one place that speaks HTTP to the inference service."""

import asyncio
import logging
from dataclasses import dataclass
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from bot.inference.circuit import Circuit
from bot.inference.errors import (
    BadReplyError,
    InferenceError,
    InferenceUnavailableError,
    PhotoRejectedError,
    ServiceMisconfiguredError,
)
from bot.inference.schemas import Labels, Prediction, Problem

PREDICTION_HEADER = "X-Prediction"
MAX_REPLY_BYTES = 50_000_000  # the most that a bot may upload to Telegram anyway
REJECTED = {400, 413, 415, 422}
BUSY = {429, 503, 504}
REFUSED = {401, 403}
NO_SERVICE = {404, 405}
DOWN_BEHIND_A_PROXY = 502
NEVER_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
PROBE_TIMEOUT_S = 5
Model = TypeVar("Model", bound=BaseModel)
logger = logging.getLogger(__name__)


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
        self._complaint = ""
        self.answered = 0
        """Photos that got an answer, rejections included."""

    @property
    def is_resting(self) -> bool:
        """Whether the service is left alone to recover."""
        return self._circuit.rest_left_s > 0

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
            self._succeeded()
            raise
        except InferenceError as error:
            self._failed(error)
            raise
        self._succeeded()
        return annotated

    async def is_well(self) -> bool:
        """Whether the service says that it is ready."""
        try:
            response = await self._http.get("readyz", timeout=PROBE_TIMEOUT_S)
        except httpx.HTTPError:
            return False
        return response.status_code == httpx.codes.OK

    async def labels(self) -> tuple[str, str]:
        """The two labels, the lower category first. Raises InferenceError."""
        try:
            response = await self._http.get("v1/models", timeout=PROBE_TIMEOUT_S)
        except httpx.HTTPError as error:
            raise InferenceUnavailableError(reason=type(error).__name__) from error
        return _parse(Labels, response.content, status=response.status_code).labels

    def _succeeded(self) -> None:
        self.answered += 1
        if self._complaint:
            logger.info("the inference service answers again")
            self._complaint = ""
        self._circuit.succeeded()

    def _failed(self, error: InferenceError) -> None:
        if isinstance(error, InferenceUnavailableError) and error.retry_after_s is not None:
            return  # a service that names a time is alive
        self._circuit.failed()
        complaint = _complaint(error)
        if complaint != self._complaint:  # once, until something else is wrong or nothing is
            level = logging.ERROR if isinstance(error, ServiceMisconfiguredError) else logging.INFO
            logger.log(level, complaint)
            self._complaint = complaint

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
            raise InferenceUnavailableError(
                reason=type(error).__name__,
                photo_may_be_why=not isinstance(error, NEVER_CONNECTED),
            ) from error
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
    if status in REFUSED:
        raise ServiceMisconfiguredError(
            reason=f"it refuses the key (status {status})", setting="BOT_SERVICE_KEY"
        )
    if status in NO_SERVICE:
        raise ServiceMisconfiguredError(
            reason=f"something else answers at its address (status {status})",
            setting="BOT_SERVICE_URL",
        )
    if status == DOWN_BEHIND_A_PROXY:
        raise InferenceUnavailableError(reason=f"status {status}")
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


def _complaint(error: InferenceError) -> str:
    if isinstance(error, ServiceMisconfiguredError):
        return f"no photo can be answered: {error}; look at {error.setting}"
    return str(error)


def _retry_after_s(response: httpx.Response) -> float | None:
    """The header's seconds; None for a date or nonsense, which no service of ours sends."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None
