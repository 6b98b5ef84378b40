"""The photo's bytes out of a request: a multipart field or the raw body, never onto the disk."""

from collections.abc import AsyncIterator
from contextlib import suppress

from starlette.requests import Request

from inference_api.errors import ImageTooLargeError, UnsupportedImageError
from inference_api.http.multipart import MalformedFormError, read_field
from inference_api.http.problems import MALFORMED, ProblemError

FIELD = "photo"
_PHOTO_TYPES = ("image/", "application/octet-stream", "binary/octet-stream")
OVERHEAD = 16_384
"""Bytes that boundaries, part headers and other fields may take."""
_DRAINED = 4  # times the limit: how much of an oversize body is read to let its sender hear why


async def read_photo(request: Request, *, max_bytes: int) -> bytes:
    """The bytes of the photo in `request`, of at most about `max_bytes`.

    Raises ProblemError (malformed) when there is none, UnsupportedImageError for a body of
    another type or in an encoding that is not read, ImageTooLargeError, and ClientDisconnect.
    """
    content_type = request.headers.get("content-type") or "application/octet-stream"
    media_type = content_type.partition(";")[0].strip().lower()
    data = await _joined(_limited(request, max_bytes))
    if encoding := _unread_encoding(request):
        raise UnsupportedImageError(n_bytes=len(data), detected=f"content encoded as {encoding}")
    if media_type == "multipart/form-data":
        return _form_field(data, content_type)
    if not data:
        raise ProblemError(MALFORMED, detail="the request has no body")
    if not media_type.startswith(_PHOTO_TYPES):
        raise UnsupportedImageError(n_bytes=len(data), detected=media_type)
    return data


async def discard_photo(request: Request, *, max_bytes: int) -> None:
    """Read what comes and keep none of it, as `read_photo` does with a body that is too long.

    Raises ClientDisconnect.
    """
    with suppress(ImageTooLargeError):
        async for _ in _limited(request, max_bytes):
            pass


async def _limited(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    """The body's chunks; one that is too long is read on, unkept, before it is refused.

    Most clients only look at the answer when they have sent everything.
    """
    limit, total = max_bytes + OVERHEAD, 0
    async for chunk in request.stream():
        total += len(chunk)
        if total <= limit:
            yield chunk
        elif total > _DRAINED * limit:
            break
    if total > limit:
        raise ImageTooLargeError(actual=total, limit=max_bytes, unit="bytes")


async def _joined(stream: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in stream])


def _form_field(body: bytes, content_type: str) -> bytes:
    try:
        return read_field(body, content_type=content_type, name=FIELD)
    except MalformedFormError as error:
        raise ProblemError(MALFORMED, detail=str(error)) from error


def _unread_encoding(request: Request) -> str:
    """The `Content-Encoding` that nobody undoes here; empty where there is none."""
    encodings = ",".join(request.headers.getlist("content-encoding")).lower().split(",")
    return ", ".join(name for each in encodings if (name := each.strip()) not in ("", "identity"))
