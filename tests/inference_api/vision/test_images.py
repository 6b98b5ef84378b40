"""Decoding: formats, modes, orientations, limits, and whatever bytes come along."""

import io

import hypothesis.strategies as st
import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from PIL import ExifTags, ImageOps
from PIL import Image as PillowImage

from inference_api.errors import (
    ImageRejectedError,
    ImageTooLargeError,
    ImageTooSmallError,
    UndecodableImageError,
    UnsupportedImageError,
)
from inference_api.vision.formats.signatures import FORMATS
from inference_api.vision.images import ImageLimits, decode, decode_reduced, encode

LOSSY = {"JPEG", "GIF", "AVIF", "HEIF"}


def picture() -> PillowImage.Image:
    """48 x 32: a color of its own in each quarter, so that any turn shows."""
    image = PillowImage.new("RGB", (48, 32), "red")
    for box, color in [
        ((24, 0, 48, 16), "lime"),
        ((0, 16, 24, 32), "blue"),
        ((24, 16, 48, 32), "white"),
    ]:
        image.paste(color, box)
    return image


def saved(image: PillowImage.Image, image_format: str, **options) -> bytes:
    buffer = io.BytesIO()
    if image_format == "WEBP":
        options.setdefault("lossless", True)
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("image_format", FORMATS)
def test_each_format_gives_the_same_pixels(image_format):
    decoded = decode(saved(picture(), image_format))
    assert (decoded.dtype, decoded.shape) == (np.uint8, (32, 48, 3))
    expected = np.asarray(picture(), np.int16)
    centers = (slice(8, 32, 16), slice(12, 48, 24))  # away from edges, where lossy formats blur
    difference = np.abs(decoded.astype(np.int16) - expected)[centers].max()
    assert difference <= (12 if image_format in LOSSY else 0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_each_orientation_comes_upright(image_format, orientation):
    exif = PillowImage.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    data = saved(picture(), image_format, exif=exif.tobytes() if image_format != "TIFF" else exif)
    oracle = ImageOps.exif_transpose(PillowImage.open(io.BytesIO(data))).convert("RGB")
    assert np.array_equal(decode(data), np.asarray(oracle))


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_means_upright(orientation):
    exif = PillowImage.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    assert decode(saved(picture(), "JPEG", exif=exif)).shape == (32, 48, 3)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_broken_exif_does_not_cost_the_photo():
    data = saved(picture(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xffrubbish")
    assert decode(data).shape == (32, 48, 3)


def flat(mode: str, value) -> PillowImage.Image:
    return PillowImage.new(mode, (16, 16), value)


def grey_16_bit(value: int) -> PillowImage.Image:
    return PillowImage.fromarray(np.full((16, 16), value, np.uint16))


def palette_with_transparency() -> bytes:
    image = flat("P", 1)
    image.putpalette([0, 0, 0, 200, 100, 50])
    return saved(image, "PNG", transparency=1)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": "4:4:4"}])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_jpeg_has_the_pixels_that_pillow_gives(mode, options):
    data = saved(picture().resize((93, 61)).convert(mode), "JPEG", **options)
    oracle = PillowImage.open(io.BytesIO(data)).convert("RGB")
    assert np.array_equal(decode(data), np.asarray(oracle))


def test_a_size_that_was_not_held_against_the_limits_is_never_decoded(monkeypatch):
    data = saved(picture(), "JPEG")
    monkeypatch.setattr(simplejpeg, "decode_jpeg_header", lambda *_, **__: (65500, 65500, "", ""))
    monkeypatch.delattr(simplejpeg, "decode_jpeg")
    assert np.array_equal(decode(data), np.asarray(PillowImage.open(io.BytesIO(data))))


def test_of_several_jpegs_in_one_file_the_first_counts():
    data = saved(picture(), "MPO", save_all=True, append_images=[flat("RGB", "black")])
    assert np.array_equal(decode(data), np.asarray(PillowImage.open(io.BytesIO(data))))


def test_a_damaged_jpeg_that_pillow_can_still_show_is_taken():
    data = saved(picture(), "JPEG")
    table = data.index(b"\xff\xdb")  # libjpeg only warns of bytes between two segments
    damaged = data[:table] + b"\0\0" + data[table:]
    assert np.array_equal(decode(damaged), decode(data))


MODES = {
    "1 bit": (saved(flat("1", 1), "PNG"), (255, 255, 255)),
    "grey": (saved(flat("L", 77), "PNG"), (77, 77, 77)),
    "16-bit grey PNG": (saved(grey_16_bit(0x4D00), "PNG"), (77, 77, 77)),
    "16-bit grey TIFF": (saved(grey_16_bit(0xFF00), "TIFF"), (255, 255, 255)),
    "palette": (saved(flat("RGB", (200, 100, 50)).quantize(), "PNG"), (200, 100, 50)),
    "see-through": (saved(flat("RGBA", (200, 0, 0, 0)), "PNG"), (255, 255, 255)),
    "half see-through": (saved(flat("RGBA", (0, 0, 0, 128)), "PNG"), (127, 127, 127)),
    "opaque": (saved(flat("RGBA", (200, 100, 50, 255)), "PNG"), (200, 100, 50)),
    "grey with alpha": (saved(flat("LA", (10, 0)), "PNG"), (255, 255, 255)),
    "see-through palette": (palette_with_transparency(), (255, 255, 255)),
    "CMYK JPEG": (saved(flat("CMYK", (0, 0, 0, 0)), "JPEG"), (255, 255, 255)),
    "CMYK TIFF": (saved(flat("CMYK", (255, 0, 0, 0)), "TIFF"), (0, 255, 255)),
    "float TIFF": (saved(flat("F", 3.5), "TIFF"), (0, 0, 0)),
}


@pytest.mark.parametrize(("data", "color"), MODES.values(), ids=MODES.keys())
def test_each_mode_becomes_8_bit_rgb(data, color):
    decoded = decode(data)
    assert (decoded.dtype, decoded.shape) == (np.uint8, (16, 16, 3))
    assert np.abs(decoded.astype(int) - color).max() <= 1


def test_a_large_see_through_photo_has_no_seams():
    levels = np.arange(1001 * 1200, dtype=np.uint32).reshape(1001, 1200)
    pixels = np.stack([levels >> shift & 255 for shift in (0, 4, 8, 12)], axis=2).astype(np.uint8)
    share = pixels[..., 3:] / 255
    on_white = pixels[..., :3] * share + 255 * (1 - share)
    decoded = decode(saved(PillowImage.fromarray(pixels), "PNG", compress_level=0))
    assert np.abs(decoded - on_white).max() <= 1


def test_floats_are_stretched_to_their_range_and_nan_counts_as_0():
    ramp = np.linspace(-1, 3, 256, dtype=np.float32).reshape(16, 16)
    ramp[0, 5] = np.nan
    decoded = decode(saved(PillowImage.fromarray(ramp), "TIFF"))[:, :, 0].ravel()
    assert (decoded[0], decoded[5], decoded[-1]) == (0, 64, 255)
    assert (np.diff(np.delete(decoded, 5).astype(int)) >= 0).all()


def test_an_animation_is_its_first_frame():
    frames = [flat("RGB", "red"), flat("RGB", "blue")]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert tuple(decode(data)[0, 0]) == (255, 0, 0)


@pytest.mark.parametrize("data", [b"", b"a", b"just text", b"PK\3\4zip", b"%PDF-1.7", b"<svg/>"])
def test_what_is_no_image_is_unsupported(data):
    with pytest.raises(UnsupportedImageError):
        decode(data)


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_truncated_image_is_undecodable(image_format):
    data = saved(picture(), image_format)
    with pytest.raises(UndecodableImageError):
        decode(data[: len(data) // 2])


@pytest.mark.parametrize("size_wh", [(1, 1), (1, 5000), (5000, 1), (15, 16)])
def test_a_picture_that_is_too_thin_is_refused(size_wh):
    with pytest.raises(ImageTooSmallError, match=f"{size_wh[0]}x{size_wh[1]}"):
        decode(saved(PillowImage.new("RGB", size_wh), "PNG"))


def test_limits_hold_to_the_last_byte_and_pixel():
    data = saved(picture(), "PNG")
    exact = ImageLimits(max_bytes=len(data), max_pixels=48 * 32, min_side=32)
    assert decode(data, limits=exact).shape == (32, 48, 3)
    for tighter in (
        ImageLimits(max_bytes=len(data) - 1, max_pixels=48 * 32, min_side=32),
        ImageLimits(max_bytes=len(data), max_pixels=48 * 32 - 1, min_side=32),
    ):
        with pytest.raises(ImageTooLargeError):
            decode(data, limits=tighter)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_what_is_encoded_decodes_to_nearly_the_same(image_format):
    smooth = np.tile(np.arange(64, dtype=np.uint8)[:, None, None] * 4, (1, 48, 3))
    encoded = encode(smooth, image_format=image_format)
    difference = np.abs(decode(encoded).astype(int) - smooth)
    assert difference.max() <= (0 if image_format == "PNG" else 8)


@pytest.mark.parametrize(
    ("least_side", "shape"),
    [(321, (320, 480)), (320, (320, 480)), (160, (160, 240)), (90, (160, 240)), (1, (40, 60))],
)
def test_a_jpeg_is_reduced_as_far_as_its_shorter_side_allows(least_side, shape):
    data = saved(picture().resize((480, 320)), "JPEG")
    reduced, size_wh = decode_reduced(data, least_side=least_side)
    assert (reduced.shape[:2], size_wh) == (shape, (480, 320))
    size = shape[::-1]
    expected = np.asarray(
        PillowImage.fromarray(decode(data)).resize(size, PillowImage.Resampling.BOX)
    )
    assert np.abs(reduced.astype(int) - expected).mean() < 2


def test_a_reduced_photo_is_upright_and_so_is_its_size():
    exif = PillowImage.Exif()
    exif[ExifTags.Base.Orientation] = 6
    data = saved(picture().resize((480, 320)), "JPEG", exif=exif.tobytes())
    reduced, size_wh = decode_reduced(data, least_side=160)
    assert (reduced.shape[:2], size_wh) == ((240, 160), (320, 480))
    assert np.abs(reduced[10, 10].astype(int) - (0, 0, 255)).max() < 12  # was at the bottom left


@pytest.mark.parametrize("image_format", set(FORMATS) - {"JPEG"})
def test_other_formats_come_whole(image_format):
    data = saved(picture(), image_format)
    reduced, size_wh = decode_reduced(data, least_side=1)
    assert size_wh == (48, 32)
    assert np.array_equal(reduced, decode(data))


def test_the_limits_hold_for_the_whole_photo_however_far_it_is_reduced():
    data = saved(picture(), "JPEG")
    with pytest.raises(ImageTooLargeError):
        decode_reduced(data, least_side=1, limits=ImageLimits(max_pixels=48 * 32 - 1))


VALID = {image_format: saved(picture(), image_format) for image_format in FORMATS}


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@settings(max_examples=400)
@given(st.data())
def test_no_bytes_raise_anything_but_a_rejection(data):
    """Valid files with bytes replaced, taken out or put in."""
    photo = bytearray(VALID[data.draw(st.sampled_from(FORMATS))])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(photo)))
        length = data.draw(st.integers(0, 8))
        photo[start : start + length] = data.draw(st.binary(max_size=8))
    try:
        decoded = decode(bytes(photo), limits=ImageLimits(max_pixels=100_000))
    except ImageRejectedError:
        return
    assert decoded.dtype == np.uint8
    assert decoded.shape[2:] == (3,)
