"""What the OpenAPI document says beyond what FastAPI finds by itself."""

from typing import Any

from inference_api.http.problems import (
    CONNECTIONS,
    DEADLINE,
    INTERNAL,
    KEY_MISSING,
    KEY_REFUSED,
    MALFORMED,
    MEDIA_TYPE,
    OVERLOADED,
    QUOTA,
    STOPPING,
    TOO_COSTLY,
    TOO_LARGE,
    TOO_SLOW,
    TOO_SMALL,
    UNDECODABLE,
    UNSUPPORTED,
    Kind,
    Problem,
)
from inference_api.http.uploads import FIELD


def documented(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's `responses` for these problems, those of one status together."""
    titles: dict[int | str, list[str]] = {}
    for kind in kinds:
        titles.setdefault(kind.status, []).append(f"`{kind.code}`: {kind.title}")
    return {
        status: {
            "description": " ".join(lines),
            "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}},
        }
        for status, lines in titles.items()
    }


BINARY = {"schema": {"type": "string", "format": "binary"}}
UPLOAD = {
    "requestBody": {
        "required": True,
        "description": "The photo: as a form's field `photo`, or as the body itself.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FIELD],
                    "properties": {FIELD: {"type": "string", "format": "binary"}},
                }
            },
            "image/*": BINARY,
            "application/octet-stream": BINARY,
        },
    }
}
PHOTO_PROBLEMS = (
    MALFORMED,
    KEY_MISSING,
    KEY_REFUSED,
    TOO_SLOW,
    TOO_LARGE,
    UNSUPPORTED,
    UNDECODABLE,
    TOO_COSTLY,
    TOO_SMALL,
    QUOTA,
    INTERNAL,
    OVERLOADED,
    CONNECTIONS,
    STOPPING,
    DEADLINE,
)
