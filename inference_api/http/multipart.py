"""One field out of a `multipart/form-data` body: RFC 7578, and what of RFC 2046 it stands on.

The body is looked through for its boundary only; a part's headers, with whatever foldings, quotes
and character sets they have, are read by Python's own `email`.
"""

import re
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import collapse_rfc2231_value

_MAX_PARTS, _MAX_HEADERS, _MAX_BOUNDARY = 16, 8_192, 200  # parts; bytes of one's headers; bytes
_MAX_SIGHTINGS = 256  # of the boundary's characters, inside of photos too
_MAX_NAMED, _MAX_NAME = 5, 40  # fields that an answer repeats, and characters of each
_AFTER = re.compile(rb"(--)?[ \t]*(?:\r\n|\Z)")  # the boundary, for it to be one
_AS_IT_IS = {"7bit", "8bit", "binary"}


class MalformedFormError(Exception):
    """The body is not the form that its content type says it is; the text says why."""


def read_field(body: bytes, *, content_type: str, name: str) -> bytes:
    """The first field called `name`, or `name[]`, that is not empty, with or without a file name.

    Raises MalformedFormError.
    """
    others: list[str] = []
    for headers, start, end in _parts(body, _boundary(content_type)):
        own = _parameter(headers, "content-disposition", "name")
        if own not in (name, f"{name}[]"):
            others.append(own[:_MAX_NAME])
        elif start < end:
            encoding = str(headers.get("content-transfer-encoding", "binary")).strip().lower()
            if encoding not in _AS_IT_IS:
                raise MalformedFormError(f"the field {name} is encoded as {encoding[:_MAX_NAME]!r}")
            return body[start:end]
        else:
            others.append(f"{name}, which is empty")
    found = ", ".join(others[:_MAX_NAMED]) or "none"
    raise MalformedFormError(f"the form has no photo in a field {name}; fields: {found}")


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["content-type"] = content_type
    boundary = _parameter(message, "content-type", "boundary").rstrip()
    if not 0 < len(boundary) <= _MAX_BOUNDARY:
        raise MalformedFormError("the content type of the form names no boundary")
    return boundary.encode("utf-8", "replace")


def _parameter(headers: Message, header: str, name: str) -> str:
    """Empty where there is none that can be read: `email` trips over some of what it may meet."""
    try:
        return collapse_rfc2231_value(headers.get_param(name, "", header))
    except (TypeError, ValueError, LookupError):
        return ""


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[Message, int, int]]:
    """The headers of each part, and where in `body` its data starts and ends."""
    begun, parts = None, 0
    for before, after, is_last in _delimiters(body, boundary):
        if begun is not None:
            parts += 1
            if parts > _MAX_PARTS:
                raise MalformedFormError(f"the form has more than {_MAX_PARTS} parts")
            yield _part(body, begun, before)
        if is_last:
            return
        begun = after
    if begun is None:
        raise MalformedFormError("the boundary that the content type names is not in the form")
    raise MalformedFormError("the form ends before its last boundary")


def _delimiters(body: bytes, boundary: bytes) -> Iterator[tuple[int, int, bool]]:
    """Where the lines that are a boundary start and end, and whether it is the closing one.

    What stands before the first, and behind the closing one, is no part.
    """
    mark, place = b"--" + boundary, 0
    for _ in range(_MAX_SIGHTINGS):
        if (found := body.find(mark, place)) < 0:
            return
        place = found + len(mark)
        line = found == 0 or body[found - 2 : found] == b"\r\n"
        if line and (match := _AFTER.match(body, place)):
            yield max(0, found - 2), match.end(), bool(match[1])
    raise MalformedFormError("the form's boundary stands in it too often")


def _part(body: bytes, start: int, end: int) -> tuple[Message, int, int]:
    bare = body.startswith(b"\r\n", start)
    blank = start - 2 if bare else body.find(b"\r\n\r\n", start, min(end, start + _MAX_HEADERS))
    if blank < 0:  # headers without data share their line's end with the boundary
        blank = end
        if end - start > _MAX_HEADERS:
            raise MalformedFormError("a part of the form has no end of its headers")
    headers = BytesHeaderParser().parsebytes(body[start : max(start, blank)])
    return headers, min(blank + 4, end), end
