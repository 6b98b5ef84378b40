"""Bytes to pixels and back: the one decoder that training and serving share.

The format is found from the content (`formats` knows what is particular to each), and the size is
held against the limits from the header, before any pixel costs memory. What comes out is upright
and in sRGB.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import pillow_heif
import simplejpeg
from PIL import Image as PillowImage

from inference_api.errors import (
    ImageTooLargeError,
    ImageTooSmallError,
    UndecodableImageError,
    UnsupportedImageError,
)
from inference_api.vision.color_profiles import rgb_to_srgb
from inference_api.vision.costs import memory_of, memory_of_unopened
from inference_api.vision.failures import DECODER_ERRORS
from inference_api.vision.formats.jpeg import jpeg_pixels
from inference_api.vision.formats.opening import Opened, name_variant, open_photo
from inference_api.vision.formats.signatures import name_other, recognize
from inference_api.vision.letterbox import Image
from inference_api.vision.orientation import TRANSPOSED, turn_upright
from inference_api.vision.pixels import to_rgb
from inference_api.vision.structure import refuse_costly

MEMORY = "bytes of memory"
"""The unit of an ImageTooLargeError whose pixels would take too much."""
EncodedFormat = Literal["JPEG", "PNG", "WEBP"]
_MOST_SIDE: dict[EncodedFormat, int] = {"JPEG": 65_500, "WEBP": 16_383}  # pixels; PNG: any

PillowImage.init()
pillow_heif.register_heif_opener()
# Pillow only warns up to twice its own limit and cannot say the size when it raises; the header
# check below replaces it for every format opened here.
PillowImage.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What is taken in: bytes of the file, pixels of the picture, pixels of its shorter side.

    max_memory: bytes that loading the picture may take, as its header tells.
    """

    max_bytes: int = 20_000_000
    max_pixels: int = 50_000_000
    min_side: int = 16
    max_memory: int = 600_000_000


DEFAULT_LIMITS = ImageLimits()


def decode(data: bytes, *, limits: ImageLimits = DEFAULT_LIMITS) -> Image:
    """The picture in `data` as uint8 RGB (H, W, 3), upright.

    Of an animation the first frame is taken. Transparent pixels lie on white, as viewers show
    them. Colors are converted to sRGB where the file has another profile. Raises
    ImageRejectedError: UnsupportedImageError for what is no image or of a kind that is not read,
    UndecodableImageError for a broken one, ImageTooLargeError and ImageTooSmallError for one
    outside `limits`.
    """
    image, _ = _decode(data, limits, _whole)
    return image


def decode_reduced(
    data: bytes, *, least_side: int, limits: ImageLimits = DEFAULT_LIMITS
) -> tuple[Image, tuple[int, int]]:
    """As `decode`, but a JPEG may come at a half, quarter or eighth of its size.

    The shorter side keeps at least `least_side` pixels. Returns with it the size_wh of the whole
    upright picture. What is left out is never computed, so this takes a fraction of the time.
    """
    return _decode(data, limits, partial(_reduce, least_side=least_side))


def _decode(
    data: bytes, limits: ImageLimits, prepare: Callable[[PillowImage.Image], None]
) -> tuple[Image, tuple[int, int]]:
    """The picture as `prepare` leaves it before it is loaded, and its whole size_wh, upright."""
    if len(data) > limits.max_bytes:
        raise ImageTooLargeError(actual=len(data), limit=limits.max_bytes, unit="bytes")
    formats = recognize(data)
    if not formats:
        raise UnsupportedImageError(n_bytes=len(data), detected=name_other(data))
    refuse_costly(data, formats[0])
    _check_memory(memory_of_unopened(data, formats[0]), limits)
    try:
        opened = open_photo(data, formats)
        with opened.photo as photo:
            _check_size(size_wh := photo.size, limits)
            prepare(photo)
            _check_memory(memory_of(photo, whole_wh=size_wh), limits)
            image = _pixels(opened, data)
            image = turn_upright(image, opened.orientation)
            return image, size_wh[::-1] if opened.orientation in TRANSPOSED else size_wh
    except DECODER_ERRORS as error:
        if variant := name_variant(data, formats[0], error):
            raise UnsupportedImageError(n_bytes=len(data), detected=variant) from error
        raise UndecodableImageError(n_bytes=len(data), detected=formats[0]) from error


def _whole(photo: PillowImage.Image) -> None:
    """Leave the photo as it is."""


def _reduce(photo: PillowImage.Image, *, least_side: int) -> None:
    times = max(1, min(photo.size) // least_side)
    photo.draft(None, (photo.width // times, photo.height // times))  # of JPEGs only


def _pixels(opened: Opened, data: bytes) -> Image:
    """Those of the photo as `prepare` left it, still lying as they are stored."""
    photo, meaning = opened.photo, opened.meaning
    image = jpeg_pixels(photo, data) if photo.format == "JPEG" else None
    if image is None:
        photo.load()
        return to_rgb(photo, meaning)
    return rgb_to_srgb(image, meaning.icc_profile, grey=photo.mode == "L")


def encode(image: Image, *, image_format: EncodedFormat) -> bytes:
    """`image` (uint8 RGB) as the bytes of a file; JPEG and WebP at a quality of 90."""
    if image_format == "JPEG":
        pixels = np.ascontiguousarray(image)
        return bytes(simplejpeg.encode_jpeg(pixels, quality=90, colorsubsampling="420"))
    options = {"PNG": {"compress_level": 1}}
    options["WEBP"] = {"quality": 90, "method": 0}  # the default method takes three times as long
    buffer = io.BytesIO()
    PillowImage.fromarray(image).save(buffer, image_format, **options[image_format])
    return buffer.getvalue()


def first_that_holds(size_wh: tuple[int, int], formats: Sequence[EncodedFormat]) -> EncodedFormat:
    """The first of `formats` that has room for so many pixels on a side.

    Raises ImageTooLargeError where none has.
    """
    for image_format in formats:
        if max(size_wh) <= _MOST_SIDE.get(image_format, max(size_wh)):
            return image_format
    most = max(_MOST_SIDE[image_format] for image_format in formats)
    raise ImageTooLargeError(
        actual=max(size_wh), limit=most, unit=f"pixels on a side for {' or '.join(formats)}"
    )


def _check_size(size_wh: tuple[int, int], limits: ImageLimits) -> None:
    width, height = size_wh
    if width * height > limits.max_pixels:
        raise ImageTooLargeError(actual=width * height, limit=limits.max_pixels, unit="pixels")
    if min(size_wh) < limits.min_side:
        raise ImageTooSmallError(size_wh=size_wh, min_side=limits.min_side)


def _check_memory(needed: int, limits: ImageLimits) -> None:
    if needed > limits.max_memory:
        raise ImageTooLargeError(actual=needed, limit=limits.max_memory, unit=MEMORY)
