"""JPEGs as phones, cameras and half-done downloads leave them."""

import io

import numpy as np
import pytest
from PIL import ExifTags
from PIL import Image as PillowImage

from inference_api.errors import UndecodableImageError, UnsupportedImageError
from inference_api.vision.images import decode

END = b"\xff\xd9"
KINDS = {
    "baseline": {},
    "progressive": {"progressive": True},
    "with restarts": {"restart_marker_blocks": 4},
    "grey": {"mode": "L"},
    "ink": {"mode": "CMYK"},
}


def photo() -> PillowImage.Image:
    """Smooth and of many colors, so that every part of the file has something to say."""
    coarse = np.random.default_rng(1).integers(0, 256, (9, 12, 3), np.uint8)
    return PillowImage.fromarray(coarse).resize((240, 180), PillowImage.Resampling.BICUBIC)


def jpeg(*, mode="RGB", **options) -> bytes:
    buffer = io.BytesIO()
    photo().convert(mode).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def with_segment(data: bytes, marker: int, body: bytes) -> bytes:
    """`data` with one more segment, the first."""
    segment = bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body
    return data[:2] + segment + data[2:]


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS.keys())
def test_a_file_that_lacks_its_end_marker_alone_is_whole(options):
    data = jpeg(**options)
    assert data.endswith(END)
    assert np.array_equal(decode(data[:-2]), decode(data))


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS.keys())
def test_a_file_cut_in_its_pixels_is_refused(options):
    data = jpeg(**options)
    for kept in (len(data) // 3, len(data) * 2 // 3, len(data) - 20):
        with pytest.raises(UndecodableImageError):
            decode(data[:kept])


@pytest.mark.parametrize("kind", set(KINDS) - {"progressive"})
def test_an_end_marker_behind_the_cut_does_not_make_the_rows_that_it_lacks(kind):
    data = jpeg(**KINDS[kind])
    with pytest.raises(UndecodableImageError):
        decode(data[: len(data) * 2 // 3] + END)


def test_a_progressive_file_with_fewer_passes_is_a_coarser_photo():
    data = jpeg(progressive=True)
    coarse = decode(data[: len(data) * 2 // 3] + END)
    assert np.abs(coarse.astype(int) - decode(data)).mean() < 8
    with pytest.raises(UndecodableImageError):
        decode(data[: data.index(b"\xff\xda") + 40] + END)


@pytest.mark.parametrize("options", [{}, {"progressive": True}], ids=["baseline", "progressive"])
def test_wrong_bits_are_shown_as_viewers_do(options):
    data = jpeg(quality=95, **options)
    for place in range(len(data) // 2, len(data) - 100, len(data) // 25):
        damaged = bytearray(data)
        damaged[place] = 0x55 if data[place] != 0x55 else 0xAA
        oracle = PillowImage.open(io.BytesIO(damaged)).convert("RGB")
        assert np.array_equal(decode(bytes(damaged)), np.asarray(oracle))


@pytest.mark.parametrize("tail", [bytes(500), b"\xff" * 9, b"more" * 99, jpeg()[:999]])
def test_what_follows_the_end_is_no_matter(tail):
    assert np.array_equal(decode(jpeg() + tail), decode(jpeg()))


def test_chroma_of_a_quarter_of_the_rows_is_read():
    """4:4:1, which simplejpeg has no name for."""
    data = bytearray(jpeg(subsampling="4:2:2"))
    frame = data.index(b"\xff\xc0")
    width, height, sampling = frame + 7, frame + 5, frame + 11
    assert data[sampling] == 0x21
    data[sampling] = 0x14  # the same blocks, one beside four instead of one beside two
    data[height : height + 2], data[width : width + 2] = (b"\0\x40", b"\0\x40")
    oracle = PillowImage.open(io.BytesIO(data)).convert("RGB")
    assert np.array_equal(decode(bytes(data)), np.asarray(oracle))


def test_an_index_that_counts_a_picture_too_many_does_not_matter():
    buffer = io.BytesIO()
    photo().save(buffer, "MPO", save_all=True, append_images=[photo()])
    data = buffer.getvalue()
    count = data.index(b"\x01\xb0\x04\0") if b"\x01\xb0\x04\0" in data else data.index(b"\xb0\x01")
    three = (
        data[:count]
        + data[count : count + 12].replace(b"\2\0\0\0", b"\3\0\0\0")
        + data[count + 12 :]
    )
    assert three != data
    assert np.array_equal(decode(three), decode(data))


SEGMENTS = {
    "a short Adobe": (0xEE, b"Adobe"),
    "a short JFIF": (0xE0, b"JFIF"),
    "a color profile without its numbers": (0xE2, b"ICC_PROFILE\0"),
    "a broken index": (0xE2, b"MPF\0II*\0\xff\xff\xff\xff"),
    "a broken Photoshop block": (0xED, b"Photoshop 3.0\x008BIM\x03\xed\0\0\0\0\xff\xff"),
    "broken EXIF": (0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff"),
    "EXIF of nothing": (0xE1, b"Exif\0\0"),
    "a comment that is no text": (0xFE, b"\xff\xfe\0"),
}


@pytest.mark.parametrize(("marker", "body"), SEGMENTS.values(), ids=SEGMENTS.keys())
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_metadata_that_cannot_be_read_does_not_cost_the_photo(marker, body):
    assert np.array_equal(decode(with_segment(jpeg(), marker, body)), decode(jpeg()))


XMP = b'http://ns.adobe.com/xap/1.0/\0<rdf:Description tiff:Orientation="3"/>'


def test_an_orientation_in_xmp_alone_turns_nothing():
    assert np.array_equal(decode(with_segment(jpeg(), 0xE1, XMP)), decode(jpeg()))


def test_an_orientation_in_exif_counts_whatever_xmp_says():
    exif = PillowImage.Exif()
    exif[ExifTags.Base.Orientation] = 6
    data = with_segment(jpeg(exif=exif), 0xE1, XMP)
    assert np.array_equal(decode(data), np.rot90(decode(jpeg()), -1))


@pytest.mark.parametrize(
    ("marker", "bits", "name"),
    [(0xC1, 12, "JPEG of 12 bits a sample"), (0xC3, 8, "lossless JPEG")],
)
def test_a_kind_that_is_not_read_is_named(marker, bits, name):
    data = bytearray(jpeg())
    frame = data.index(b"\xff\xc0")
    data[frame + 1], data[frame + 4] = marker, bits
    with pytest.raises(UnsupportedImageError, match=name):
        decode(bytes(data))
