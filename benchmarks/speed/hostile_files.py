"""Files that cost a decoder far more than their size, each made here; and what each stands for."""

import io
import struct
import zlib

import numpy as np
from PIL import Image as PillowImage

from inference_api.vision.images import encode


def jpeg(*, progressive: bool = False, size_wh: tuple[int, int] = (64, 64)) -> bytes:
    """An ordinary JPEG of one color."""
    buffer = io.BytesIO()
    PillowImage.new("RGB", size_wh, "red").save(buffer, "JPEG", progressive=progressive)
    return buffer.getvalue()


def jpeg_of_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    whole = jpeg(progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * count + whole[-2:]


def jpeg_with(before: bytes) -> bytes:
    """A JPEG with these bytes between its first segments."""
    whole = jpeg()
    return whole[:20] + before + whole[20:]  # behind the first segment, which Pillow asks for


def png_with(chunks: int, name: bytes = b"teXt", body: bytes = b"") -> bytes:
    """A PNG with so many more chunks."""
    whole = encode(np.zeros((64, 64, 3), np.uint8), image_format="PNG")
    chunk = struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return whole[:33] + chunk * chunks + whole[33:]


def gif_with_comment(blocks: int, size: int = 1) -> bytes:
    """A GIF whose comment comes in so many blocks of `size` bytes."""
    buffer = io.BytesIO()
    PillowImage.new("P", (64, 64)).save(buffer, "GIF")
    whole = buffer.getvalue()
    head = 13 + 3 * 2 ** ((whole[10] & 7) + 1) * (whole[10] >> 7)
    comment = b"\x21\xfe" + (bytes([size]) + b"a" * size) * blocks + b"\0"
    return whole[:head] + comment + whole[head:]


def bmp_of_runs(width: int, height: int, runs: bytes, compression: int = 1) -> bytes:
    """A BMP of 8 bits a pixel that these run lengths stand for."""
    planes_bits, palette = (1, 8), bytes(1024)
    sizes = (compression, len(runs), 0, 0, 256, 0)
    header = struct.pack("<IiiHHIIiiII", 40, width, height, *planes_bits, *sizes) + palette
    start = 14 + len(header)
    return struct.pack("<2sIHHI", b"BM", start + len(runs), 0, 0, start) + header + runs


def tiff(entries: list[tuple[int, int, int, int]], *, order: str = "<", body: bytes = b"") -> bytes:
    """A TIFF of one directory: tag, type, count and value of each entry; `body` follows it."""
    signature = b"II*\0" if order == "<" else b"MM\0*"
    packed = b"".join(_entry(order, *each) for each in sorted(entries))
    count = struct.pack(order + "H", len(entries))
    return signature + struct.pack(order + "I", 8) + count + packed + bytes(4) + body


def _entry(order: str, tag: int, kind: int, count: int, value: int) -> bytes:
    if kind == 3 and count == 1:
        return struct.pack(order + "HHIHH", tag, kind, count, value, 0)
    return struct.pack(order + "HHII", tag, kind, count, value)


def picture_tags(
    width: int, height: int, *, strips: int = 1, at: int = 0
) -> list[tuple[int, int, int, int]]:
    """The entries of a grey TIFF in `strips`, whose places are listed `at`."""
    return [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
        (273, 4, strips, at), (277, 3, 1, 1), (278, 4, 1, -(-height // strips)),
        (279, 4, strips, at),
    ]  # fmt: skip


def tiff_whose_tags_overlap(count: int = 500, order: str = "<") -> bytes:
    """A TIFF with so many tags of the same 20,000 bytes."""
    extra = [(1000 + n, 7, 20_000, 8) for n in range(count)]
    return tiff([*picture_tags(64, 64, at=8), *extra], order=order, body=bytes(20_000))


def tiff_of_strips(count: int) -> bytes:
    """A TIFF of so many strips of one row."""
    return tiff(picture_tags(16, count, strips=count, at=200), body=bytes(8 * count))


def tiff_of_tile(side: int) -> bytes:
    """A TIFF of 64 x 64 pixels in one tile of `side` x `side`."""
    tags = [each for each in picture_tags(64, 64) if each[0] not in (273, 278, 279)]
    tiles = [(322, 4, 1, side), (323, 4, 1, side), (324, 4, 1, 8), (325, 4, 1, 64)]
    return tiff([*tags, *tiles], body=bytes(100))


def exif_bomb(order: str = "<") -> bytes:
    """EXIF whose tags overlap."""
    return tiff_whose_tags_overlap(order=order)


def in_jpeg(exif: bytes) -> bytes:
    """`exif` in a JPEG."""
    body = b"Exif\0\0" + exif
    return jpeg_with(b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body)


def in_png(exif: bytes) -> bytes:
    """`exif` in a PNG."""
    return png_with(1, b"eXIf", exif)


def in_webp(exif: bytes) -> bytes:
    """`exif` in a WebP."""
    buffer = io.BytesIO()
    PillowImage.new("RGB", (64, 64)).save(buffer, "WEBP", exif=exif)
    return buffer.getvalue()


def heif(extents: list[int], *, version: int = 0) -> bytes:
    """Enough of a HEIF to be one by its structure: a `meta` box with these extents of one item."""
    item = struct.pack(">HHH", 1, 0, len(extents))
    if version:
        item = struct.pack(">HHHH", 1, 0, 0, len(extents))
    places = b"".join(struct.pack(">II", 0, length) for length in extents)
    iloc = bytes([version, 0, 0, 0, 0x44, 0x00]) + struct.pack(">H", 1) + item + places
    meta = bytes(4) + _box(b"iloc", iloc)
    return _box(b"ftyp", b"heic\0\0\0\0mif1heic") + _box(b"meta", meta) + _box(b"mdat", bytes(1000))


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), name) + body


HOSTILE = {
    "scans": ("JPEG", jpeg_of_scans(200)),
    "segments": ("JPEG", jpeg_with(b"\xff\xe5\0\2" * 5000)),
    "nothing between segments": ("JPEG", jpeg_with(bytes(1_000_000))),
    "fill bytes": ("JPEG", jpeg_with(b"\xff" * 1_000_000)),
    "markers without a length": ("JPEG", jpeg_with(b"\xff\xd0" * 10_000)),
    "chunks": ("PNG", png_with(30_000)),
    "comment of 1-byte blocks": ("GIF", gif_with_comment(50_000)),
    "run lengths of nothing": ("BMP", bmp_of_runs(3_125_000, 16, b"\1\0" * 32)),
    "run lengths of 4 bits": ("BMP", bmp_of_runs(30_000, 1000, b"\1\0" * 32, compression=2)),
    "run lengths upside down": ("BMP", bmp_of_runs(3_125_000, -16, b"\0\2\xff\xff")),
    "tags that overlap": ("TIFF", tiff_whose_tags_overlap()),
    "tags that overlap, big-endian": ("TIFF", tiff_whose_tags_overlap(order=">")),
    "strips": ("TIFF", tiff_of_strips(50_000)),
    "rows": ("TIFF", tiff(picture_tags(16, 300_000, at=8))),
    "a tile": ("TIFF", tiff_of_tile(23_168)),
    "EXIF in a JPEG": ("JPEG", in_jpeg(exif_bomb())),
    "EXIF in a JPEG, big-endian": ("JPEG", in_jpeg(exif_bomb(">"))),
    "EXIF in a PNG": ("PNG", in_png(exif_bomb())),
    "EXIF in a WebP": ("WEBP", in_webp(exif_bomb())),
    "EXIF in a HEIF": ("HEIF", heif([100]) + bytes(4) + exif_bomb()),
    "extents of the same bytes": ("HEIF", heif([100_000] * 30)),
    "extents of the whole file": ("AVIF", heif([0] * 3000, version=1)),
    "extents": ("HEIF", heif([1] * 20_000)),
}
"""What there is too much of → format and file."""


def large_jpeg_of_scans(count: int, size_wh: tuple[int, int] = (8000, 6000)) -> bytes:
    """A progressive JPEG of 48 megapixels."""
    whole = jpeg(progressive=True, size_wh=size_wh)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * count + whole[-2:]


def flat(image_format: str, mode: str, size_wh: tuple[int, int], **options: bool) -> bytes:
    """One color all over: a few bytes for many pixels."""
    buffer = io.BytesIO()
    PillowImage.new(mode, size_wh).save(buffer, image_format, **options)
    return buffer.getvalue()


def costly_files() -> dict[str, bytes]:
    """Each kind once, at the size that hurts, and the largest that are honest."""
    return {
        "a JPEG of 48 megapixels and 1,000 scans": large_jpeg_of_scans(1000),
        "a GIF comment of 500,000 blocks": gif_with_comment(500_000),
        "a BMP of run lengths": bmp_of_runs(3_125_000, 16, b"\1\0" * 32),
        "a TIFF of 300,000 strips": tiff_of_strips(300_000),
        "a TIFF with tags that overlap": tiff_whose_tags_overlap(4000),
        "the same as EXIF in a JPEG": in_jpeg(tiff_whose_tags_overlap(2000)),
        "a TIFF of one tile of 23,168 x 23,168": tiff_of_tile(23_168),
        "a HEIF of extents of the same bytes": heif([1_000_000] * 30),
        "a WebP of 49 megapixels": flat("WEBP", "RGBA", (7000, 7000), lossless=True),
        "a PNG of 50 megapixels with alpha": flat("PNG", "RGBA", (10_000, 5000)),
        "a PNG of 70,000 x 64": flat("PNG", "RGB", (70_000, 64)),
    }
