"""JPEG: opened by Pillow, its pixels from simplejpeg, and the line between cut and whole.

simplejpeg is the same library as Pillow's and gives the same pixels, but straight into an array,
which takes half the time where a photo is large. It also says of what Pillow is silent about:
that the compressed data stops before the picture does.
"""

import io

import numpy as np
import simplejpeg
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from inference_api.vision.allocation import allocate
from inference_api.vision.failures import DECODER_ERRORS
from inference_api.vision.letterbox import Image

_END = b"\xff\xd9"
_NO_END, _CUT = "Premature end of JPEG file", "premature end of data"  # libjpeg's words
_LOST = 128  # what it shows where there is no data
_JFIF, _EXIF, _ADOBE, _SCAN = 0xE0, 0xE1, 0xEE, 0xDA
_METADATA = frozenset([*range(0xE0, 0xF0), 0xFE])
_NEEDED = frozenset([_JFIF, _EXIF, _ADOBE])  # by colors and orientation
_LEAST = 16  # bytes of such a segment that can be read
_BARE = frozenset([0x01, *range(0xD0, 0xD9)])  # markers without a length
_PROCESSES = {0xC3: "lossless JPEG", 0xCB: "lossless JPEG"}


class CutShortError(ValueError):
    """The compressed data ends before the picture does."""


def open_jpeg(data: bytes) -> JpegImageFile:
    """The first picture of a JPEG; metadata that cannot be read is left out.

    Of several JPEGs in one file, as phones write them (MPO), the index is not read. Raises
    what Pillow raises.
    """
    try:
        return JpegImageFile(io.BytesIO(data))
    except DECODER_ERRORS:
        return JpegImageFile(io.BytesIO(_without_metadata(data)))


def jpeg_pixels(photo: ImageFile, data: bytes) -> Image | None:
    """The pixels of an ordinary JPEG at the size that `photo` has; None leaves it to Pillow.

    So it does where the file is damaged, as Pillow knows which damage still leaves a picture; and
    where the two disagree about the size, which was held against the limits as Pillow reads it.
    A file without its end marker is whole if its pixels are. Raises CutShortError.
    """
    try:
        return _decoded(photo, data)
    except DECODER_ERRORS as error:
        if _NO_END in str(error):
            return _completed(photo, data)
        _refuse_lost_rows(photo, data)
        return None


def unsupported_jpeg(data: bytes) -> str | None:
    """What kind of JPEG nobody here reads, from its frame header."""
    for marker, place, _ in _segments(data):
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if (bits := data[place + 4 : place + 5]) not in (b"", b"\x08"):
                return f"JPEG of {bits[0]} bits a sample"
            return _PROCESSES.get(marker)
    return None


def _completed(photo: ImageFile, data: bytes) -> Image | None:
    """As `jpeg_pixels`, of a file that lacks its end marker. Raises CutShortError."""
    try:
        pixels = _decoded(photo, data + _END)
    except DECODER_ERRORS as error:
        if _CUT in str(error):
            raise CutShortError(str(error)) from error
        return None
    photo.fp = io.BytesIO(data + _END)  # should it be Pillow that goes on
    return pixels


def _refuse_lost_rows(photo: ImageFile, data: bytes) -> None:
    """Raise CutShortError for a damaged file that has nothing to show of its last rows.

    libjpeg makes them an even grey. Wrong bits alone leave at most the end of a row so.
    """
    mode = "RGB" if photo.mode == "L" else photo.mode
    try:
        shown = simplejpeg.decode_jpeg(data, mode, strict=False, min_height=1, min_width=1)
    except DECODER_ERRORS:
        return
    if (shown[-1] == _LOST).all():
        raise CutShortError("the last rows are missing")


def _decoded(photo: ImageFile, data: bytes) -> Image | None:
    """Raises any of DECODER_ERRORS."""
    least = {"min_height": photo.height, "min_width": photo.width}
    height, width, *_ = simplejpeg.decode_jpeg_header(data, **least)
    if (width, height) != photo.size:
        return None
    if photo.mode not in ("RGB", "L"):
        simplejpeg.decode_jpeg(data, photo.mode, **least)  # only to hear whether it is whole
        return None
    pixels = allocate((height, width, 3))
    return np.asarray(simplejpeg.decode_jpeg(data, buffer=pixels, **least), np.uint8)


def _without_metadata(data: bytes) -> bytes:
    kept, end = [data[:2]], 2
    for marker, place, end in _segments(data):
        if marker not in _METADATA or (marker in _NEEDED and end - place >= _LEAST):
            kept.append(data[place:end])
    return b"".join([*kept, data[end:]])


def _segments(data: bytes) -> list[tuple[int, int, int]]:
    """Marker, start and end of each segment before the pixels."""
    found, place = [], 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == _SCAN:
            break
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        if marker == 0xFF or marker in _BARE or length < 2:
            end = place + 1 + (marker != 0xFF)
        else:
            end = place + 2 + length
        found.append((marker, place, end))
        place = end
    return found
