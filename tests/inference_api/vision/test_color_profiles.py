"""A photo in another color space looks as it was meant to, in every format."""

import io

import numpy as np
import pytest
from PIL import Image as PillowImage

from inference_api.vision.images import decode, decode_reduced
from tests.inference_api.vision.icc import (
    ADOBE_RGB,
    P3,
    SRGB,
    cmyk_profile,
    encoded,
    grey_profile,
    rgb_profile,
)

COLORS = [(230, 30, 30), (30, 200, 60), (30, 60, 220), (224, 172, 140)]
SPACES = {"Display P3": (P3, None), "Adobe RGB": (ADOBE_RGB, 2.2)}
QUALITY = {
    "JPEG": {"quality": 100, "subsampling": 0},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 100, "subsampling": "4:4:4"},
    "HEIF": {"quality": 100, "chroma": 444},
}


def patches(colors, size=16) -> PillowImage.Image:
    """A row of squares."""
    row = np.repeat(np.asarray(colors, np.uint8)[None], size, axis=0)
    return PillowImage.fromarray(np.repeat(row, size, axis=1))


def centers(image):
    return image[8, 8::16].astype(int)


def saved(image, image_format, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **QUALITY.get(image_format, {}), **options)
    return buffer.getvalue()


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("space", SPACES)
def test_a_photo_in_another_space_shows_the_same_colors(space, image_format):
    primaries, gamma = SPACES[space]
    there = encoded(COLORS, primaries, gamma)
    assert np.abs(there.astype(int) - COLORS).max() > 15
    data = saved(patches(there), image_format, icc_profile=rgb_profile(primaries, gamma))
    assert np.abs(centers(decode(data)) - COLORS).max() <= (6 if image_format == "AVIF" else 3)


def test_a_photo_decoded_smaller_shows_them_too():
    photo = patches(encoded(COLORS, P3)).resize((1024, 256), PillowImage.Resampling.NEAREST)
    data = saved(photo, "JPEG", icc_profile=rgb_profile(P3))
    reduced, _ = decode_reduced(data, least_side=64)
    assert reduced.shape == (64, 256, 3)
    assert np.abs(reduced[32, 32::64].astype(int) - COLORS).max() <= 4


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "TIFF"])
def test_srgb_by_whatever_name_changes_nothing(image_format):
    colors = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    photo = PillowImage.fromarray(colors)
    with_profile = saved(photo, image_format, icc_profile=rgb_profile(SRGB))
    assert np.array_equal(decode(with_profile), decode(saved(photo, image_format)))


BROKEN = {
    "nothing": b"",
    "no profile": b"rubbish" * 30,
    "cut": rgb_profile(P3)[:200],
    "without curves": rgb_profile(P3).replace(b"TRC", b"xxx"),
    "of ink": cmyk_profile((128, 200, 200)),
    "far too large": rgb_profile(P3).ljust(4_000_001, b"\0"),
}


@pytest.mark.parametrize("profile", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_a_profile_that_cannot_be_used_is_ignored(image_format, profile):
    photo = patches(COLORS)
    decoded = decode(saved(photo, image_format, icc_profile=profile))
    assert np.array_equal(decoded, decode(saved(photo, image_format)))


def test_see_through_pixels_keep_their_colors_and_lie_on_white():
    photo = patches(encoded(COLORS, P3)).convert("RGBA")
    photo.paste((0, 0, 0, 0), (0, 0, 64, 4))
    decoded = decode(saved(photo, "PNG", icc_profile=rgb_profile(P3)))
    assert np.abs(centers(decoded) - COLORS).max() <= 2
    assert (decoded[:4] == 255).all()


def test_a_palette_is_converted_too():
    photo = patches(encoded(COLORS, P3)).quantize()
    decoded = decode(saved(photo, "PNG", icc_profile=rgb_profile(P3)))
    assert np.abs(centers(decoded) - COLORS).max() <= 2


@pytest.mark.parametrize(
    ("image_format", "dtype"),
    [
        ("JPEG", np.uint8),
        ("PNG", np.uint8),
        ("TIFF", np.uint8),
        ("PNG", np.uint16),
        ("TIFF", np.uint16),
    ],
)
def test_a_profile_of_greys_is_applied(image_format, dtype):
    linear = np.full((16, 16), 0.2158 * np.iinfo(dtype).max, dtype)  # 0.5 in sRGB's curve
    photo = PillowImage.fromarray(linear)
    decoded = decode(saved(photo, image_format, icc_profile=grey_profile(1.0)))
    assert np.abs(decoded.astype(int) - 128).max() <= 2


@pytest.mark.parametrize("image_format", ["JPEG", "TIFF"])
def test_inks_are_what_their_profile_says(image_format):
    photo = PillowImage.new("CMYK", (32, 16), (0, 0, 0, 0))
    photo.paste((255, 255, 0, 0), (16, 0, 32, 16))
    profile = cmyk_profile((round(0.53 * 255), 128 + 80, 128 + 67))  # sRGB's own red in Lab
    decoded = decode(saved(photo, image_format, icc_profile=profile))
    assert (decoded[8, 8] >= 253).all()
    red, green, blue = decoded[8, 24].astype(int)
    assert red > 230
    assert max(green, blue) < 60
