"""PNGs: what stands beside the pixels costs nobody a photo."""

import io
import resource
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as PillowImage

from inference_api.errors import UndecodableImageError, UnsupportedImageError
from inference_api.vision.images import decode
from tests.inference_api.vision.icc import P3, rgb_profile

MEGABYTE = 1_000_000


def chunk(name: bytes, body: bytes, *, crc: int | None = None) -> bytes:
    right = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc or right)


def png(*extra: bytes, bits=8, color_type=2, rows=None, width=20) -> bytes:
    """A PNG with `extra` chunks between its header and its pixels; a ramp, or `rows`."""
    if rows is None:
        rows = [bytes(range(row, row + 3 * width)) for row in range(20)]
    header = struct.pack(">IIBBBBB", width, len(rows), bits, color_type, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    body = b"".join([chunk(b"IHDR", header), *extra, chunk(b"IDAT", pixels), chunk(b"IEND", b"")])
    return b"\x89PNG\r\n\x1a\n" + body


def compressed(n_bytes: int) -> bytes:
    return zlib.compress(bytes(n_bytes), 9)


PLAIN = decode(png())
BESIDE = {
    "a wrong checksum in text": chunk(b"tEXt", b"Title\0x", crc=1),
    "a wrong checksum in gamma": chunk(b"gAMA", struct.pack(">I", 45455), crc=1),
    "a wrong checksum in a private chunk": chunk(b"prVt", b"x", crc=1),
    "a wrong checksum in transparency": chunk(b"tRNS", bytes(6), crc=1),
    "a wrong checksum in EXIF": chunk(b"eXIf", b"MM\0*" + (8).to_bytes(4, "big") + bytes(6), crc=1),
    "a gamma of no length": chunk(b"gAMA", b""),
    "sizes of no length": chunk(b"pHYs", b""),
    "2 MB of text": chunk(b"tEXt", b"Title\0" + b"x" * 2 * MEGABYTE),
    "2 MB of compressed text": chunk(b"zTXt", b"Title\0\0" + compressed(2 * MEGABYTE)),
    "2 MB of international text": chunk(b"iTXt", b"T\0\1\0\0\0" + compressed(2 * MEGABYTE)),
    "text that is not compressed as it says": chunk(b"zTXt", b"Title\0\0rubbish"),
    "a color profile that is rubbish": chunk(b"iCCP", b"name\0\0rubbish"),
    "a color profile of 200 MB": chunk(b"iCCP", b"name\0\0" + compressed(200 * MEGABYTE)),
    "an animation of nothing": chunk(b"acTL", b""),
    "EXIF that is rubbish": chunk(b"eXIf", b"rubbish"),
}


@pytest.mark.parametrize("extra", BESIDE.values(), ids=BESIDE.keys())
def test_metadata_that_cannot_be_read_is_left_out(extra):
    assert np.array_equal(decode(png(extra)), PLAIN)


@pytest.mark.parametrize("name", [b"zTXt", b"iCCP"])
def test_a_bomb_beside_the_pixels_costs_no_memory(name):
    bomb = png(*[chunk(name, b"Title\0\0" + compressed(200 * MEGABYTE))] * 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert np.array_equal(decode(bomb), PLAIN)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB


def test_a_profile_of_over_a_megabyte_is_used():
    large = rgb_profile(P3) + bytes(1_200_000)
    large = struct.pack(">I", len(large)) + large[4:]
    red = [bytes([231, 61, 48]) * 20] * 20  # (255, 30, 30) or so in Display P3
    with_large = png(chunk(b"iCCP", b"P3\0\0" + zlib.compress(large)), rows=red)
    with_small = png(chunk(b"iCCP", b"P3\0\0" + zlib.compress(rgb_profile(P3))), rows=red)
    assert np.array_equal(decode(with_large), decode(with_small))
    assert decode(with_large)[0, 0, 0] > 240


@pytest.mark.parametrize("cut", [4, 12, 16], ids=["last checksum", "end", "pixels' checksum"])
def test_a_file_whose_pixels_are_all_there_is_whole(cut):
    assert np.array_equal(decode(png()[:-cut]), PLAIN)


def test_damaged_pixels_are_refused():
    data = png()
    for place in (data.index(b"IDAT") + 30, data.index(b"IHDR") + 5):
        damaged = data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]
        with pytest.raises(UndecodableImageError):
            decode(damaged)


def test_apples_own_kind_is_named():
    data = png()
    raw = zlib.compress(b"".join(b"\0" + bytes(60) for _ in range(20)))[2:-4]
    head, tail = data[:8], data[8 : data.index(b"IDAT") - 4]
    apples = head + chunk(b"CgBI", bytes(4)) + tail + chunk(b"IDAT", raw) + chunk(b"IEND", b"")
    with pytest.raises(UnsupportedImageError, match="CgBI"):
        decode(apples)


def test_an_orientation_in_exif_counts():
    exif = PillowImage.Exif()
    exif[0x0112] = 3
    data = png(chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")))
    assert np.array_equal(decode(data), PLAIN[::-1, ::-1])


@pytest.mark.parametrize(
    ("bits", "color_type", "row", "see_through", "shown"),
    [
        (1, 0, b"\x55\x55", (1,), [0, 255]),
        (2, 0, b"\x1b" * 4, (1,), [0, 255, 170, 255]),
        (4, 0, b"\x05\x0f" * 4, (5,), [0, 255, 0, 255]),
        (8, 0, bytes([0, 5, 6, 7] * 4), (5,), [0, 255, 6, 7]),
        (16, 0, b"\0\0\x05\1\x05\2\x07\0" * 4, (0x0501,), [0, 255, 5, 7]),
        (8, 2, bytes([9, 9, 9, 1, 1, 1] * 8), (1, 1, 1), [9, 255]),
        (16, 2, b"\x09\0\x09\0\x09\0\x01\2\x01\2\x01\2" * 8, (0x0102,) * 3, [9, 255]),
    ],
)
def test_the_color_that_is_see_through_lies_on_white(bits, color_type, row, see_through, shown):
    transparency = chunk(b"tRNS", struct.pack(f">{len(see_through)}H", *see_through))
    data = png(transparency, bits=bits, color_type=color_type, rows=[row] * 16, width=16)
    assert decode(data)[0, : len(shown), 0].tolist() == shown


def test_see_through_pixels_of_16_bit_grey_are_white_as_saved_by_pillow():
    grey = np.full((16, 16), 0x4D12, np.uint16)
    grey[:8] = 0x0102
    buffer = io.BytesIO()
    PillowImage.fromarray(grey).save(buffer, "PNG", transparency=0x0102)
    decoded = decode(buffer.getvalue())
    assert (decoded[:8] == 255).all()
    assert (decoded[8:] == 0x4D).all()
