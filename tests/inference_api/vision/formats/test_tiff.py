"""TIFFs: which page is the photo, what its numbers mean, and the kinds that are named."""

import io

import numpy as np
import pytest
from PIL import Image as PillowImage

from inference_api.errors import UnsupportedImageError
from inference_api.vision.images import ImageLimits, decode
from tests.inference_api.vision.formats.tiff_files import grey_page, tiff_file

THUMBNAIL, OLD_THUMBNAIL = {"t254": 1}, {"t255": 2}


@pytest.mark.parametrize("big", [False, True], ids=["TIFF", "BigTIFF"])
@pytest.mark.parametrize("mark", [THUMBNAIL, OLD_THUMBNAIL, {}], ids=["new", "old", "unmarked"])
def test_a_thumbnail_before_the_photo_is_passed_over(mark, big):
    data = tiff_file([grey_page(16, 9, **mark), grey_page(64, 99), grey_page(32, 50)], big=big)
    decoded = decode(data)
    assert decoded.shape == (64, 64, 3)
    assert (decoded == 99).all()


def test_of_pages_of_about_one_size_the_first_counts():
    data = tiff_file([grey_page(40, 9), grey_page(64, 99)])
    assert (decode(data) == 9).all()


def test_the_limits_hold_for_the_page_that_is_answered():
    data = tiff_file([grey_page(16, 9), grey_page(64, 99)])
    assert decode(data, limits=ImageLimits(min_side=64)).shape == (64, 64, 3)


@pytest.mark.parametrize(
    ("bits", "level", "shown"), [(16, 0x4D00, 77), (16, 0, 0), (16, 0xFFFF, 255), (8, 77, 77)]
)
def test_grey_whose_zero_is_white_is_no_negative(bits, level, shown):
    for photometric, expected in ((1, shown), (0, 255 - shown)):
        page = grey_page(16, level, t258=bits, t262=photometric)
        assert (decode(tiff_file([page])) == expected).all()


def test_twelve_bits_are_as_bright_as_eight():
    page = {256: 16, 257: 16, 258: 12, 259: 1, 262: 1, 277: 1}
    strip = bytes([0x4D, 0x04, 0xD0]) * (16 * 16 // 2)  # 0x4D0, twice
    assert (decode(tiff_file([(page, strip)])) == 0x4D).all()


NAMED = {
    "JPEG 2000": ({"t259": 34712}, "TIFF with JPEG 2000 inside"),
    "WebP": ({"t259": 50001}, "TIFF with WebP inside"),
    "half floats": ({"t258": 16, "t339": 3}, "TIFF of 16-bit floats"),
    "double floats": ({"t258": 64, "t339": 3}, "TIFF of 64-bit floats"),
    "floats in color": (
        {"t258": (32, 32, 32), "t339": (3, 3, 3), "t277": 3, "t262": 2},
        "TIFF of 32-bit floats",
    ),
    "DNG": ({"t254": 1, "t330": 8, "t50706": 1}, "DNG raw"),
    "a raw file": ({"t254": 1, "t330": 8}, "raw"),
    "only a thumbnail": ({"t254": 1}, "TIFF with a thumbnail alone"),
    "an unknown kind of pixels": ({"t258": 24}, "TIFF: unknown pixel mode"),
}


@pytest.mark.parametrize(("tags", "name"), NAMED.values(), ids=NAMED.keys())
def test_a_kind_that_is_not_read_is_named(tags, name):
    with pytest.raises(UnsupportedImageError, match=name):
        decode(tiff_file([grey_page(32, 9, **tags)]))


@pytest.mark.parametrize("order", ["<", ">"])
def test_an_orientation_in_xmp_alone_turns_nothing(order):
    buffer = io.BytesIO()
    picture = PillowImage.fromarray(
        np.arange(16 * 32, dtype=np.uint16).reshape(16, 32).astype("u1")
    )
    picture.save(buffer, "TIFF", tiffinfo={700: b'<x tiff:Orientation="3"/>'})
    assert np.array_equal(decode(buffer.getvalue())[..., 0], np.asarray(picture))


def test_a_chain_that_bites_its_tail_ends():
    data = bytearray(tiff_file([grey_page(32, 9), grey_page(32, 8)]))
    last = data.rindex(b"\0\0\0\0", 0, len(data) - 32 * 32)
    data[last : last + 4] = (8).to_bytes(4, "little")
    assert decode(bytes(data)).shape == (32, 32, 3)
