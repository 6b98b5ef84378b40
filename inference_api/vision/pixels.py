"""Whatever pixels a file holds as uint8 RGB: greys, palettes, ink, see-through, 16 bits, floats."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from inference_api.vision.color_profiles import cmyk_to_srgb, lab_to_srgb, rgb_to_srgb
from inference_api.vision.letterbox import Image

_STRIP = 1_000_000  # pixels


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a file says of its pixels beside their mode.

    grey_bits: of 16-bit grey, how many bits are used. white_is_zero: of grey that the decoder
    left so. transparent: the see-through color, where a PNG names one.
    """

    icc_profile: bytes = b""
    grey_bits: int = 16
    white_is_zero: bool = False
    transparent: tuple[int, ...] | None = None


def to_rgb(photo: PillowImage.Image, meaning: Meaning) -> Image:
    """The loaded photo as uint8 RGB (H, W, 3) in sRGB; transparent pixels lie on white."""
    if photo.mode.startswith("I;16") or photo.mode in ("I", "F"):
        colors = np.repeat(_eight_bits(photo, meaning)[:, :, None], 3, axis=2)
        return rgb_to_srgb(colors, meaning.icc_profile, grey=True)
    if photo.mode == "CMYK":
        return np.asarray(cmyk_to_srgb(photo, meaning.icc_profile))
    if photo.mode == "LAB":
        return np.asarray(lab_to_srgb(photo))
    if meaning.transparent and photo.has_transparency_data:
        one = len(meaning.transparent) == 1
        photo.info["transparency"] = meaning.transparent[0] if one else meaning.transparent
    is_grey = photo.mode in ("1", "L", "LA")
    if photo.has_transparency_data:
        return _onto_white(photo, meaning.icc_profile, is_grey=is_grey)
    colors = np.asarray(photo if photo.mode == "RGB" else photo.convert("RGB"))
    return rgb_to_srgb(colors, meaning.icc_profile, grey=is_grey)


def _onto_white(photo: PillowImage.Image, icc_profile: bytes, *, is_grey: bool) -> Image:
    """In strips: whole copies of a large photo are what costs."""
    flat = np.empty((photo.height, photo.width, 3), np.uint8)
    rows = max(1, _STRIP // photo.width)
    for top in range(0, photo.height, rows):
        bottom = min(photo.height, top + rows)
        strip = photo.crop((0, top, photo.width, bottom)).convert("RGBA")
        colors = rgb_to_srgb(np.asarray(strip.convert("RGB")), icc_profile, grey=is_grey)
        seen = PillowImage.fromarray(colors)
        seen.putalpha(strip.getchannel("A"))
        white = PillowImage.new("RGBA", seen.size, "white")
        flat[top:bottom] = np.asarray(PillowImage.alpha_composite(white, seen).convert("RGB"))
    return flat


def _eight_bits(photo: PillowImage.Image, meaning: Meaning) -> npt.NDArray[np.uint8]:
    """Grey of more bits in 8; its see-through pixels are white."""
    values = np.asarray(photo)
    if photo.mode in ("I", "F"):
        grey = _stretch(values.astype(np.float64)).astype(np.uint8)
    else:
        grey = (values >> (meaning.grey_bits - 8)).astype(np.uint8)
    if meaning.white_is_zero:
        grey = ~grey
    if meaning.transparent:
        grey[values == meaning.transparent[0]] = 255
    return grey


def _stretch(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """32-bit pixels declare no range: their own one becomes 0–255; not finite counts as 0."""
    values = np.where(np.isfinite(values), values, 0)
    low, span = values.min(), np.ptp(values)
    return np.rint((values - low) * (255 / span)) if span > 0 else np.zeros_like(values)
