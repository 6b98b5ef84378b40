"""Bytes to pixels and back: the one decoder that training and serving share.

Everything is read by Pillow (HEIC through pillow-heif), the format is found from the content,
and the size is held against the limits from the header, before any pixel costs memory. The pixels
of a JPEG come from simplejpeg: the same library as Pillow's, and the same pixels, but straight
into an array, which takes half the time where a photo is large.
"""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt
import pillow_heif
import simplejpeg
from PIL import ExifTags
from PIL import Image as PillowImage

from inference_api.errors import (
    ImageTooLargeError,
    ImageTooSmallError,
    UndecodableImageError,
    UnsupportedImageError,
)
from inference_api.vision.letterbox import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")
EncodedFormat = Literal["JPEG", "PNG", "WEBP"]

PillowImage.init()
pillow_heif.register_heif_opener()
# Pillow only warns up to twice its own limit and cannot say the size when it raises; the header
# check below replaces it for every format opened here.
PillowImage.MAX_IMAGE_PIXELS = None

_JPEG_FORMATS = "JPEG", "MPO"  # MPO: several JPEGs in one file, from phones; the first counts
# What Pillow's decoders have been seen to raise, or may raise, on hostile bytes.
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    EOFError,
    MemoryError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What is taken in: bytes of the file, pixels of the picture, pixels of its shorter side."""

    max_bytes: int = 20_000_000
    max_pixels: int = 50_000_000
    min_side: int = 16


DEFAULT_LIMITS = ImageLimits()


def decode(data: bytes, *, limits: ImageLimits = DEFAULT_LIMITS) -> Image:
    """The picture in `data` as uint8 RGB (H, W, 3), upright.

    Of an animation the first frame is taken. Transparent pixels lie on white, as viewers show
    them. Color profiles are ignored. Raises ImageRejectedError: UnsupportedImageError for
    what is no image, UndecodableImageError for a broken one, ImageTooLargeError and
    ImageTooSmallError for one outside `limits`.
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
    formats = _recognize(data)
    if not formats:
        raise UnsupportedImageError(n_bytes=len(data))
    try:
        with PillowImage.open(io.BytesIO(data), formats=formats) as photo:
            _check_size(size_wh := photo.size, limits)
            prepare(photo)
            image = _jpeg_pixels(photo, data)
            if image is None:
                photo.load()
            orientation = _orientation(photo)
            image = _orient(_to_rgb(photo) if image is None else image, orientation)
            return image, size_wh[::-1] if orientation in _TRANSPOSED else size_wh
    except _DECODER_ERRORS as error:
        raise UndecodableImageError(n_bytes=len(data), detected=formats[0]) from error


def _whole(photo: PillowImage.Image) -> None:
    """Leave the photo as it is."""


def _reduce(photo: PillowImage.Image, *, least_side: int) -> None:
    times = max(1, min(photo.size) // least_side)
    photo.draft(None, (photo.width // times, photo.height // times))  # of JPEGs only


def _jpeg_pixels(photo: PillowImage.Image, data: bytes) -> Image | None:
    """The pixels of an ordinary JPEG at the size that `photo` has; None leaves it to Pillow.

    So it does where the file is damaged, as Pillow knows which damage still leaves a picture; and
    where the two disagree about the size, which was held against the limits as Pillow reads it.
    """
    if photo.format not in _JPEG_FORMATS or photo.mode not in ("RGB", "L"):
        return None
    least = {"min_height": photo.height, "min_width": photo.width}
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(data, **least)
        if (width, height) != photo.size:
            return None
        return np.asarray(simplejpeg.decode_jpeg(data, **least), np.uint8)
    except ValueError:
        return None


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


def _recognize(data: bytes) -> list[str]:
    openers = PillowImage.OPEN
    return [name for name in FORMATS if (accept := openers[name][1]) and accept(data[:16]) is True]


def _check_size(size_wh: tuple[int, int], limits: ImageLimits) -> None:
    width, height = size_wh
    if width * height > limits.max_pixels:
        raise ImageTooLargeError(actual=width * height, limit=limits.max_pixels, unit="pixels")
    if min(size_wh) < limits.min_side:
        raise ImageTooSmallError(size_wh=size_wh, min_side=limits.min_side)


def _to_rgb(photo: PillowImage.Image) -> Image:
    if photo.mode.startswith("I;16"):
        return _grey_to_rgb(np.asarray(photo) >> 8)
    if photo.mode in ("I", "F"):
        return _grey_to_rgb(_stretch(np.asarray(photo, np.float64)))
    if photo.has_transparency_data:
        photo = photo.convert("RGBA")
        white = PillowImage.new("RGBA", photo.size, "white")
        photo = PillowImage.alpha_composite(white, photo)
    return np.asarray(photo if photo.mode == "RGB" else photo.convert("RGB"))


def _grey_to_rgb(grey: npt.NDArray[np.generic]) -> Image:
    return np.repeat(grey.astype(np.uint8)[:, :, None], 3, axis=2)


def _stretch(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """32-bit pixels declare no range: their own one becomes 0–255; not finite counts as 0."""
    values = np.where(np.isfinite(values), values, 0)
    low, span = values.min(), np.ptp(values)
    return np.rint((values - low) * (255 / span)) if span > 0 else np.zeros_like(values)


def _orientation(photo: PillowImage.Image) -> int:
    """EXIF's 1–8; a photo whose EXIF cannot be read is taken as upright."""
    try:
        return int(photo.getexif().get(ExifTags.Base.Orientation, 1))
    except _DECODER_ERRORS:
        return 1


_TRANSPOSED = range(5, 9)
# What undoes each orientation, on (H, W, 3); anything else in the tag means upright.
_UPRIGHT: dict[int, Callable[[Image], Image]] = {
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.swapaxes(0, 1),
    6: lambda image: image[::-1].swapaxes(0, 1),
    7: lambda image: image[::-1, ::-1].swapaxes(0, 1),
    8: lambda image: image[:, ::-1].swapaxes(0, 1),
}


def _orient(image: Image, orientation: int) -> Image:
    upright = _UPRIGHT.get(orientation)
    return np.ascontiguousarray(upright(image)) if upright else image
