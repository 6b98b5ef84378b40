"""PNG: its chunks."""

import struct

_MOST_CHUNKS = 20_000
_HEAD, _AROUND = 8, 12  # bytes: the signature; length, name and checksum of a chunk


def look_at_png(data: bytes) -> tuple[str, str] | None:
    """What is too much of the file, if anything."""
    place, chunks = _HEAD, 0
    while place + _AROUND <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        place += _AROUND + length
        chunks += 1
        if chunks > _MOST_CHUNKS:
            return "chunks", str(_MOST_CHUNKS)
    return None
