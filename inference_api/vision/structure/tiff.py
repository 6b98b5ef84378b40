"""TIFF, and EXIF, which is one inside another file: what its directories' values add up to."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

_MOST_PIECES, _MOST_ROWS, _MOST_DIRECTORIES, _MOST_ENTRIES = 20_000, 100_000, 32, 4096
_SPARE = 65_536  # bytes by which values may exceed the file: sloppy writers let them overlap
_MOST_NUMBERS = 400_000  # that are no bytes: a decoder makes objects of them
_LEAST_TILE = 4_000_000  # pixels; smaller tiles cost little, however small the picture is
_VALUE_BYTES = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8,
    17: 8, 18: 8,
}  # fmt: skip
_ORDERS = {b"II*\0": "<", b"MM\0*": ">", b"II+\0": "<", b"MM\0+": ">"}
_SHORT = 3  # the type of 16-bit numbers
_CHILDREN = frozenset([0x014A, 0x8769, 0x8825, 0xA005])  # tags that point at more directories
_WIDTH, _HEIGHT, _TILE_WIDTH, _TILE_HEIGHT, _STRIPS, _TILES = 256, 257, 322, 323, 273, 324
_EXIF_STARTS = b"Exif\0\0", b"eXIf"  # in JPEG and HEIF, in PNG; in WebP it follows a length
_EXIF_LOOKS = 64  # places that look like EXIF


class _Entry(NamedTuple):
    tag: int
    size: int
    values: int
    number: int  # the value, where it is a single one


def look_at_tiff(data: bytes) -> tuple[str, str] | None:
    """What is too much of a TIFF, if anything."""
    return _look_at_values(data, 0) or _look_at_picture({e.tag: e for e in _first(data)})


def look_at_exif(data: bytes, image_format: str) -> tuple[str, str] | None:
    """What is too much of the EXIF that lies in a file of another format, if anything."""
    for order in (b"II*\0", b"MM\0*"):
        place = data.find(order, 1)
        for _ in range(_EXIF_LOOKS):
            if place < 0:
                break
            if _begins_exif(data, place, image_format) and (
                finding := _look_at_values(data, place)
            ):
                return finding
            place = data.find(order, place + 1)
    return None


def _begins_exif(data: bytes, place: int, image_format: str) -> bool:
    before = data[max(0, place - 8) : place]
    if before.endswith(_EXIF_STARTS):
        return True
    if image_format in ("HEIF", "AVIF"):
        return before.endswith(b"\0\0\0\0")
    return image_format == "WEBP" and before.startswith(b"EXIF")


def _look_at_picture(entries: dict[int, _Entry]) -> tuple[str, str] | None:
    width, height = (entries[t].number if t in entries else 0 for t in (_WIDTH, _HEIGHT))
    tile = [entries[t].number if t in entries else 0 for t in (_TILE_WIDTH, _TILE_HEIGHT)]
    pieces = max(entries[t].values if t in entries else 0 for t in (_STRIPS, _TILES))
    if pieces > _MOST_PIECES:
        return "strips or tiles", str(_MOST_PIECES)
    if height > _MOST_ROWS:
        return "rows", str(_MOST_ROWS)
    if tile[0] * tile[1] > max(_LEAST_TILE, 2 * width * height):
        return "pixels in a tile", str(max(_LEAST_TILE, 2 * width * height))
    return None


def _look_at_values(data: bytes, start: int) -> tuple[str, str] | None:
    available, total, numbers, entries = len(data) - start, 0, 0, 0
    for directory in _directories(data, start):
        for entry in directory:
            total += entry.size
            numbers += entry.values if entry.size > entry.values else 0
            entries += 1
            if total > available + _SPARE:
                return "bytes in tags", str(available)
            if numbers > _MOST_NUMBERS:
                return "numbers in tags", str(_MOST_NUMBERS)
            if entries > _MOST_ENTRIES:
                return "tags", str(_MOST_ENTRIES)
    return None


def _first(data: bytes) -> list[_Entry]:
    return [*next(_directories(data, 0), iter(()))]


def _directories(data: bytes, start: int) -> Iterator[Iterator[_Entry]]:
    """The entries of each directory, from the first on; what cannot be read ends it."""
    if not (order := _ORDERS.get(data[start : start + 4])):
        return
    big = data[start + 2 : start + 4].strip(b"\0") == b"+"
    file = _File(data, start, order, big=big)
    left, seen = file.offsets(8 if big else 4), set[int]()
    while left and len(seen) < _MOST_DIRECTORIES:
        if (place := left.pop()) not in seen and place:
            seen.add(place)
            yield file.entries(place, left)


class _File:
    """Where numbers lie in a TIFF that begins at `start`; all places count from there."""

    def __init__(self, data: bytes, start: int, order: str, *, big: bool) -> None:
        self._data, self._start, self._order = data, start, order
        self._count = struct.Struct(order + ("Q" if big else "H"))
        self._entry = struct.Struct(order + ("HHQQ" if big else "HHII"))
        self._offset = struct.Struct(order + ("Q" if big else "I"))

    def entries(self, place: int, left: list[int]) -> Iterator[_Entry]:
        """Those of one directory; where others are is added to `left`."""
        if not self._holds(place, self._count.size):
            return
        (count,) = self._count.unpack_from(self._data, self._start + place)
        place += self._count.size
        for _ in range(min(count, _MOST_ENTRIES + 1)):
            if not self._holds(place, self._entry.size):
                return
            yield self._read(place, left)
            place += self._entry.size
        left += self.offsets(place)

    def offsets(self, place: int) -> list[int]:
        """The one at `place`, if the file holds it."""
        if not self._holds(place, self._offset.size):
            return []
        return [*self._offset.unpack_from(self._data, self._start + place)]

    def _read(self, place: int, left: list[int]) -> _Entry:
        tag, kind, count, value = self._entry.unpack_from(self._data, self._start + place)
        if kind == _SHORT and count == 1:
            value = value >> 8 * (self._offset.size - 2) if self._order == ">" else value & 0xFFFF
        if tag in _CHILDREN:
            left += [value] if count == 1 else self.offsets(value)
        return _Entry(tag, count * _VALUE_BYTES.get(kind, 1), count, value)

    def _holds(self, place: int, count: int) -> bool:
        return 0 <= place <= len(self._data) - self._start - count
