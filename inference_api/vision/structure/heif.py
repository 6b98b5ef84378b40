"""HEIF and AVIF: the places in the file that their items are put together from."""

import struct
from collections.abc import Iterator

_MOST_EXTENTS, _MOST_BOXES = 5000, 4096
_SPARE = 65_536  # bytes


def look_at_heif(data: bytes) -> tuple[str, str] | None:
    """What is too much of the file, if anything."""
    for name, start, end in _boxes(data, 0, len(data)):
        if name == b"meta":
            for inner, inner_start, inner_end in _boxes(data, start + 4, end):
                if inner == b"iloc" and (finding := _look_at_places(data, inner_start, inner_end)):
                    return finding
    return None


def _boxes(data: bytes, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of what is in each box, one level."""
    for _ in range(_MOST_BOXES):
        if place + 8 > end:
            return
        length, name = struct.unpack_from(">I4s", data, place)
        head = 8
        if length == 1 and place + 16 <= end:
            (length,) = struct.unpack_from(">Q", data, place + 8)
            head = 16
        stop = end if length == 0 else min(end, place + length)
        if stop < place + head:
            return
        yield name, place + head, stop
        place = stop


def _look_at_places(data: bytes, place: int, end: int) -> tuple[str, str] | None:
    """Add up the extents of an `iloc` box; one of length 0 is the whole file."""
    try:
        total = 0
        for number, length in enumerate(_extents(data[place:end]), start=1):
            total += length or len(data)
            if number > _MOST_EXTENTS:
                return "extents", str(_MOST_EXTENTS)
            if total > 2 * len(data) + _SPARE:
                return "bytes in extents", str(2 * len(data))
    except struct.error:
        pass  # cut short: the decoder will say so
    return None


def _extents(box: bytes) -> Iterator[int]:
    """Each extent's length. Raises struct.error where the box is cut short."""
    version, sizes, more = struct.unpack_from(">B3xBB", box)
    offset, length, base, index = sizes >> 4, sizes & 15, more >> 4, more & 15
    index = index if version in (1, 2) else 0
    wide = "I" if version == 2 else "H"
    (items,) = struct.unpack_from(">" + wide, box, 6)
    place = 6 + struct.calcsize(wide)
    for _ in range(items):
        place += struct.calcsize(wide) + (2 if version in (1, 2) else 0) + 2 + base
        (extents,) = struct.unpack_from(">H", box, place)
        place += 2
        for _ in range(extents):
            place += index + offset
            if place + length > len(box):
                raise struct.error
            yield int.from_bytes(box[place : place + length], "big")
            place += length
