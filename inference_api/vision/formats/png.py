"""A PNG without its metadata, so that none can cost the photo: pixels go on, the rest is read here.

Text, times, private chunks and a wrong checksum in any chunk but the pixels' own are left out,
however large they are. What is damaged in the pixels is for the decoder to find.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIXELS = frozenset([b"IHDR", b"PLTE", b"IDAT", b"IEND"])
_MAX_PROFILE = 4_000_000  # bytes, unpacked: the largest of printers have 3 MB
_GREY, _RGB = 0, 2  # color types


@dataclass(frozen=True, slots=True)
class PngParts:
    """`pixels`: a PNG with nothing else in it. exif, icc_profile: empty where there is none."""

    pixels: bytes
    exif: bytes = b""
    icc_profile: bytes = b""
    transparent: tuple[int, ...] | None = None
    """The 8-bit color, or the 16-bit grey, that is see-through; None where alpha says it."""


def split_png(data: bytes) -> PngParts:
    """The parts of a PNG file; of a cut one what there is."""
    kept: list[bytes | memoryview] = [_SIGNATURE]
    exif = profile = transparency = b""
    for name, body, intact in _chunks(data):
        if name in _PIXELS:
            kept.append(body)
        elif not intact:
            continue
        elif name == b"tRNS":
            kept.append(body)
            transparency = bytes(body[8:-4])
        elif name == b"eXIf":
            exif = exif or bytes(body[8:-4])
        elif name == b"iCCP":
            profile = profile or _profile(bytes(body[8:-4]))
    return PngParts(b"".join(kept), exif, profile, _transparent(data, transparency))


def unsupported_png(data: bytes) -> str | None:
    """Apple's own kind, which apps for its phones are built with, swaps colors and drops checks."""
    return "PNG of Apple's apps (CgBI)" if data[12:16] == b"CgBI" else None


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview, bool]]:
    """Name, whole chunk and whether its checksum is right (not looked at where pixels are)."""
    place, view = len(_SIGNATURE), memoryview(data)
    while place + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        chunk = view[place : place + length + 12]
        yield name, chunk, name in _PIXELS or _is_intact(chunk, length)
        place += length + 12
        if name == b"IEND":
            return


def _is_intact(chunk: memoryview, length: int) -> bool:
    complete = len(chunk) == length + 12
    return complete and zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")


def _profile(body: bytes) -> bytes:
    """The ICC profile of an `iCCP` chunk; nothing when it is broken or far too large."""
    packed = body.partition(b"\0")[2][1:]
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(packed, _MAX_PROFILE)
    except zlib.error:
        return b""
    return profile if unpacker.eof else b""


def _transparent(data: bytes, transparency: bytes) -> tuple[int, ...] | None:
    """The see-through color in the numbers that Pillow gives, who scales only the pixels."""
    bits, color_type = (data[24], data[25]) if len(data) > 25 else (0, 0)
    if len(transparency) != {_GREY: 2, _RGB: 6}.get(color_type):
        return None
    values = struct.unpack(f">{len(transparency) // 2}H", transparency)
    if bits < 8:
        return tuple(value * 255 // (2**bits - 1) for value in values)
    return tuple(value >> 8 for value in values) if (bits, color_type) == (16, _RGB) else values
