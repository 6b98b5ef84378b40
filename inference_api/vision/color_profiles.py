"""Other color spaces to sRGB, which is what screens, networks and the answers' pictures take.

LittleCMS does it, through Pillow. A profile is read once and kept with its transform; one that
says sRGB by whatever name costs nothing. One that cannot be used is ignored.
"""

import io
from functools import lru_cache

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageCms

from inference_api.vision.failures import DECODER_ERRORS
from inference_api.vision.letterbox import Image

_MAX_BYTES = 4_000_000  # of a profile
_SAME = 2  # levels of 255 by which a profile may differ from sRGB and still be it
_ROWS = 64  # converted at once, so that what Pillow copies stays in the processor's cache
_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # of profiles, and Pillow's modes
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def rgb_to_srgb(image: Image, icc_profile: bytes, *, grey: bool = False) -> Image:
    """`image` (uint8 RGB, changed in place where it can be) with sRGB's numbers.

    grey: whether the photo is one, so that a profile for grey pixels applies.
    """
    transform = _transform(icc_profile)
    if not transform or transform.input_mode == "CMYK":
        return image
    if transform.input_mode == "L":
        return _ramp(icc_profile)[image[..., 0]] if grey else image
    image = image if image.flags.writeable else image.copy()
    for top in range(0, len(image), _ROWS):
        strip = PillowImage.fromarray(image[top : top + _ROWS])
        transform.apply_in_place(strip)
        image[top : top + _ROWS] = np.asarray(strip)
    return image


def cmyk_to_srgb(photo: PillowImage.Image, icc_profile: bytes) -> PillowImage.Image:
    """A photo of mode CMYK as RGB; without a usable profile by plain arithmetic."""
    transform = _transform(icc_profile)
    if not transform or transform.input_mode != "CMYK":
        return photo.convert("RGB")
    return transform.apply(photo)


def lab_to_srgb(photo: PillowImage.Image) -> PillowImage.Image:
    """A photo of mode LAB as RGB."""
    return _to_srgb(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")), "LAB").apply(photo)


@lru_cache(maxsize=8)
def _transform(icc_profile: bytes) -> ImageCms.ImageCmsTransform | None:
    """From the profile's space to sRGB; None where there is nothing to do or to go by."""
    if not 0 < len(icc_profile) <= _MAX_BYTES:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        mode = _SPACES.get(profile.profile.xcolor_space.strip())
        if not mode:
            return None
        transform = _to_srgb(profile, mode)
        return None if mode == "RGB" and _is_srgb(transform) else transform
    except (ImageCms.PyCMSError, *DECODER_ERRORS):
        return None


def _to_srgb(profile: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.ImageCmsTransform(
        profile,
        _SRGB,
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


def _is_srgb(transform: ImageCms.ImageCmsTransform) -> bool:
    levels = np.linspace(0, 255, 9, dtype=np.uint8)
    colors = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(27, 27, 3)
    there = np.asarray(transform.apply(PillowImage.fromarray(colors)), np.int16)
    return bool(np.abs(there - colors).max() <= _SAME)


@lru_cache(maxsize=8)
def _ramp(icc_profile: bytes) -> Image:
    """What each of the 256 greys becomes, (256, 3)."""
    greys = PillowImage.fromarray(np.arange(256, dtype=np.uint8)[None])
    transform = _transform(icc_profile)
    return np.asarray(transform.apply(greys))[0] if transform else np.empty((0, 3), np.uint8)
