"""BMP: how many pixels run lengths stand for."""

import struct

_MOST_PIXELS, _MOST_PIXELS_A_BYTE = 8_000_000, 128
_RUN_LENGTHS = 1, 2  # compressions: of 8 and of 4 bits a pixel
_PLACE = 14  # of the header that tells the size
_LEAST_HEADER = 40  # bytes; older ones know no compression


def look_at_bmp(data: bytes) -> tuple[str, str] | None:
    """What is too much of the file, if anything."""
    if len(data) < _PLACE + _LEAST_HEADER:
        return None
    length, width, height, _, compression = struct.unpack_from("<IiiII", data, _PLACE)
    if length < _LEAST_HEADER or compression not in _RUN_LENGTHS:
        return None
    most = min(_MOST_PIXELS, _MOST_PIXELS_A_BYTE * len(data))
    if abs(width) * abs(height) > most:
        return "pixels in run lengths", str(most)
    return None
