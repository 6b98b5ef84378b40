"""A photo's file opened: its pixels not loaded yet, its metadata read as far as it can be."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PIL import Image as PillowImage
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from inference_api.vision.failures import unsupported_variant
from inference_api.vision.formats import tiff
from inference_api.vision.formats.jpeg import open_jpeg, unsupported_jpeg
from inference_api.vision.formats.png import split_png, unsupported_png
from inference_api.vision.formats.tiff import exif_orientation
from inference_api.vision.pixels import Meaning


@dataclass(frozen=True, slots=True)
class Opened:
    """photo: its taker closes it. orientation: how it is still to be turned, as EXIF's 1-8."""

    photo: ImageFile
    orientation: int
    meaning: Meaning


class VariantError(ValueError):
    """A file that is intact, of a kind of its format that is not read; the text names it."""


def open_photo(data: bytes, formats: list[str]) -> Opened:
    """The photo in `data`, which is of one of `formats` as `recognize` says them.

    Raises VariantError, and whatever Pillow raises.
    """
    opener = _OPENERS.get(formats[0])
    if opener:
        return opener(data)
    photo = PillowImage.open(io.BytesIO(data), formats=formats)
    return Opened(photo, exif_orientation(_exif(photo)), Meaning(_profile(photo)))


def name_variant(data: bytes, detected: str, error: BaseException) -> str | None:
    """What kind of its format `data` is, if the decoder's `error` came of that, not of damage."""
    if isinstance(error, VariantError):
        return str(error)
    if (look := _VARIANTS.get(detected)) and (named := look(data)):
        return named
    words = unsupported_variant(error)
    return f"{detected}: {words}" if words else None


def _open_jpeg(data: bytes) -> Opened:
    photo = open_jpeg(data)
    return Opened(photo, exif_orientation(_exif(photo)), Meaning(_profile(photo)))


def _open_png(data: bytes) -> Opened:
    parts = split_png(data)
    photo = PillowImage.open(io.BytesIO(parts.pixels), formats=["PNG"])
    meaning = Meaning(parts.icc_profile, transparent=parts.transparent)
    return Opened(photo, exif_orientation(parts.exif), meaning)


def _open_tiff(data: bytes) -> Opened:
    pages = [*tiff.directories(data)] or [{}]
    page = tiff.main_page(pages)
    if page is None:
        raise VariantError(tiff.kind_of(pages[0]) or "TIFF with a thumbnail alone")
    photo: ImageFile = TiffImageFile(io.BytesIO(data))
    if page:
        photo.seek(page)
    photo.info.pop("xmp", None)  # Pillow turns the pixels itself, and would go by this, too
    tags = pages[page]
    meaning = Meaning(_profile(photo), min(tiff.bits_of(tags), 16), tiff.is_white_zero(tags))
    return Opened(photo, 1, meaning)


def _tiff_variant(data: bytes) -> str | None:
    kinds = (tiff.kind_of(page) for page in tiff.directories(data))
    return next((kind for kind in kinds if kind), None)


def _exif(photo: ImageFile) -> bytes:
    exif = photo.info.get("exif")
    return exif if isinstance(exif, bytes) else b""


def _profile(photo: ImageFile) -> bytes:
    profile = photo.info.get("icc_profile")
    return profile if isinstance(profile, bytes) else b""


_OPENERS: Mapping[str, Callable[[bytes], Opened]] = {
    "JPEG": _open_jpeg,
    "PNG": _open_png,
    "TIFF": _open_tiff,
}
_VARIANTS: Mapping[str, Callable[[bytes], str | None]] = {
    "JPEG": unsupported_jpeg,
    "PNG": unsupported_png,
    "TIFF": _tiff_variant,
}
