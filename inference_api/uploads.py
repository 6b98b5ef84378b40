"""The photo's bytes out of a request: a multipart field or the raw body, never onto the disk."""

from collections.abc import AsyncGenerator

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from inference_api.errors import ImageTooLargeError, UnsupportedImageError
from inference_api.problems import MALFORMED, ProblemError

FIELD = "photo"
_OVERHEAD = 16_384  # bytes that boundaries, part headers and other fields may take
_DRAINED = 4  # times the limit: how much of an oversize body is read to let its sender hear why


async def read_photo(request: Request, *, max_bytes: int) -> bytes:
    """The bytes of the photo in `request`, of at most about `max_bytes`.

    Raises ProblemError (malformed) when there is none, UnsupportedImageError for a body of
    another type, ImageTooLargeError, and ClientDisconnect.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    stream = _limited(request, max_bytes)
    if media_type == "multipart/form-data":
        data = await _form_field(request, stream, max_bytes)
    else:
        data = b"".join([chunk async for chunk in stream])
    if not data:
        raise ProblemError(MALFORMED)
    if media_type and not media_type.startswith(
        ("image/", "multipart/form-data", "application/octet-stream")
    ):
        raise UnsupportedImageError(n_bytes=len(data), detected=media_type)
    return data


async def _limited(request: Request, max_bytes: int) -> AsyncGenerator[bytes, None]:
    """The body's chunks; one that is too long is read on, unkept, before it is refused.

    Most clients only look at the answer when they have sent everything.
    """
    limit, total = max_bytes + _OVERHEAD, 0
    async for chunk in request.stream():
        total += len(chunk)
        if total <= limit:
            yield chunk
        elif total > _DRAINED * limit:
            break
    if total > limit:
        raise ImageTooLargeError(actual=total, limit=max_bytes, unit="bytes")


async def _form_field(
    request: Request, stream: AsyncGenerator[bytes, None], max_bytes: int
) -> bytes:
    parser = MultiPartParser(request.headers, stream, max_files=1, max_fields=8, max_part_size=4096)
    parser.spool_max_size = max_bytes + _OVERHEAD  # past it the parser would write to the disk
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise ProblemError(MALFORMED) from error
    try:
        photo = form.get(FIELD)
        return await photo.read() if isinstance(photo, UploadFile) else b""
    finally:
        await form.close()
