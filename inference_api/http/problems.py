"""Every way a request can fail, as RFC 9457 problem details with a stable code."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from inference_api.errors import (
    DeadlineExceededError,
    FaceServiceError,
    ImageTooCostlyError,
    ImageTooLargeError,
    ImageTooSmallError,
    OverloadedError,
    UndecodableImageError,
    UnsupportedImageError,
)

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its HTTP status, its stable code, and a sentence for people."""

    status: int
    code: str
    title: str


MALFORMED = Kind(400, "malformed_request", "The request holds no photo in a form that is read.")
KEY_MISSING = Kind(401, "key_missing", "An API key is needed.")
KEY_REFUSED = Kind(403, "key_refused", "The API key is not known.")
NOT_FOUND = Kind(404, "not_found", "There is nothing at this address.")
METHOD_NOT_ALLOWED = Kind(405, "method_not_allowed", "This address does not take this method.")
NOT_ACCEPTABLE = Kind(406, "not_acceptable", "Answers are JPEG, PNG or WebP.")
TOO_SLOW = Kind(408, "too_slow", "The request came too slowly.")
TOO_LARGE = Kind(413, "image_too_large", "The photo has too many bytes or pixels.")
UNSUPPORTED = Kind(415, "unsupported_image", "The photo is not in a format that is read.")
UNDECODABLE = Kind(422, "undecodable_image", "The photo is broken or cut short.")
TOO_COSTLY = Kind(422, "image_too_costly", "Reading the photo takes too much time or memory.")
TOO_SMALL = Kind(422, "image_too_small", "The photo has too few pixels.")
QUOTA = Kind(429, "quota_exceeded", "The API key has used up its photos of this minute.")
INTERNAL = Kind(500, "internal_error", "The service failed; the fault is not yours.")
OVERLOADED = Kind(503, "overloaded", "The service is busy; try again later.")
CONNECTIONS = Kind(503, "too_many_connections", "There are too many connections; try again.")
STOPPING = Kind(503, "stopping", "The service stops; send the photo again.")
NOT_READY = Kind(503, "not_ready", "Photos are not answered at present.")
DEADLINE = Kind(504, "deadline_exceeded", "The answer did not come in time.")

OF_ERROR: Mapping[type[FaceServiceError], Kind] = {
    ImageTooLargeError: TOO_LARGE,
    ImageTooCostlyError: TOO_COSTLY,
    ImageTooSmallError: TOO_SMALL,
    UndecodableImageError: UNDECODABLE,
    UnsupportedImageError: UNSUPPORTED,
    OverloadedError: OVERLOADED,
    DeadlineExceededError: DEADLINE,
}
OF_STATUS: Mapping[int, Kind] = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED}


class ProblemError(Exception):
    """A request that is refused before the pipeline sees it."""

    def __init__(
        self, kind: Kind, *, detail: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        self.kind = kind
        self.detail = detail
        self.headers = headers or {}
        super().__init__(detail or kind.title)


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:photo-appeal:problem:undecodable_image",
                "title": UNDECODABLE.title,
                "status": 422,
                "detail": "the JPEG image is broken or cut short (20480 bytes)",
                "code": "undecodable_image",
                "request_id": "5f0c7bd2a4c84f1e8a6d3a3c9b1f2e77",
            }
        }
    )

    type: str = Field(description="Names the kind of problem; never changes.")
    title: str = Field(description="The kind of problem in a sentence.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What was wrong this time.")
    code: str = Field(description="The last part of `type`: what programs go by.")
    request_id: str = Field(description="Names the request in the service's log.")


def problem_response(
    kind: Kind, *, request_id: str, detail: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """The HTTP answer for a problem."""
    document = Problem(
        type=f"urn:photo-appeal:problem:{kind.code}",
        title=kind.title,
        status=kind.status,
        detail=detail or kind.title,
        code=kind.code,
        request_id=request_id,
    )
    return Response(
        document.model_dump_json(), kind.status, dict(headers or {}), media_type=MEDIA_TYPE
    )


def retry_after(seconds: float) -> dict[str, str]:
    """The `Retry-After` header: whole seconds, at least one."""
    return {"Retry-After": str(max(1, math.ceil(seconds)))}
