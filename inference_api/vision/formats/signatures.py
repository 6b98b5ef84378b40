"""Which format a file is of, by its first bytes, whatever its name says."""

from PIL import Image as PillowImage

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")
_HEAD = 16  # bytes

# Where its signature stands, the signature, and the name of a format that is not read.
_OTHERS = (
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"8BPS", "Photoshop"),
    (0, b"II\x1a\0\0\0HEAPCCDR", "Canon raw"),
    (4, b"ftypcrx ", "Canon raw"),
    (8, b"CR\2\0", "Canon raw"),
    (0, b"FUJIFILMCCD-RAW", "Fujifilm raw"),
    (0, b"IIRO", "Olympus raw"),
    (0, b"IIRS", "Olympus raw"),
    (0, b"IIU\0", "Panasonic raw"),
    (0, b"FOVb", "Sigma raw"),
    (0, b"\0\0\1\0", "ICO"),
    (0, b"\x76\x2f\x31\x01", "OpenEXR"),
    (0, b"#?RADIANCE", "Radiance HDR"),
    (0, b"%PDF", "PDF"),
    (0, b"<svg", "SVG"),
    (0, b"<?xml", "XML"),
    (0, b"<!DOCTYPE", "a web page"),
    (0, b"<!doctype", "a web page"),
    (0, b"<html", "a web page"),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (4, b"ftypqt", "a video"),
    (4, b"ftypmp4", "a video"),
    (4, b"ftypisom", "a video"),
)


def recognize(data: bytes) -> list[str]:
    """The formats of `FORMATS` that `data` may be of, the likeliest first; none for all else."""
    head, openers = data[:_HEAD], PillowImage.OPEN
    found = [name for name in FORMATS if (accept := openers[name][1]) and accept(head) is True]
    return [] if "TIFF" in found and name_other(data) else found  # raw files are much like TIFFs


def name_other(data: bytes) -> str | None:
    """The name of a known format that is not read here.

    >>> name_other(b"%PDF-1.7")
    'PDF'
    """
    return next(
        (name for start, sign, name in _OTHERS if data.startswith(sign, start)),
        None,
    )
