"""One field out of a `multipart/form-data` body, kept in memory whatever its size."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MAX_PARTS = 16


class MalformedFormError(Exception):
    """The body is not the form that its content type says it is."""


async def read_field(chunks: AsyncIterator[bytes], *, content_type: str, name: str) -> bytes:
    """The data of the first file field called `name`; nothing when there is none.

    Raises MalformedFormError.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise MalformedFormError
    field = _Field(name.encode())
    try:
        parser = MultipartParser(boundary, field.callbacks())
        async for chunk in chunks:
            parser.write(chunk)
        parser.finalize()
    except FormParserError as error:
        raise MalformedFormError from error
    if not field.complete:
        raise MalformedFormError
    return bytes(field.data)


class _Field:
    """Collects the wanted field from what the parser calls back."""

    def __init__(self, name: bytes) -> None:
        self.data = bytearray()
        self.complete = False
        self._name = name
        self._parts = 0
        self._found = self._wanted = False
        self._header, self._value, self._disposition = b"", b"", b""

    def callbacks(self) -> "MultipartCallbacks":
        """What the parser calls for each event."""
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": self._add_header,
            "on_header_value": self._add_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._add_data,
            "on_end": self._end,
        }

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise MalformedFormError
        self._wanted, self._disposition = False, b""

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header, self._value = b"", b""

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        is_file = options.get(b"name") == self._name and b"filename" in options
        self._wanted = is_file and not self._found
        self._found |= is_file

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._wanted:
            self.data += data[start:end]

    def _end(self) -> None:
        self.complete = True
