"""TIFF's directories, read without its pixels: EXIF is one, and a TIFF file a chain of them.

Only the first value of each tag is read, so that no directory costs more than its own entries.
"""

import struct
from collections.abc import Iterator, Mapping

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_ORIENTATION, _SUBTYPE, _OLD_SUBTYPE, _SAMPLE_FORMAT = 274, 254, 255, 339
_CHILDREN, _DNG_VERSION = 330, 50706
_REDUCED, _OLD_REDUCED = 1, 2  # what the two subtypes say of a thumbnail
_SAMPLES = 277
_WHITE_IS_ZERO, _FLOAT = 0, 3
_COMPRESSIONS = {
    33003: "JPEG 2000", 33004: "JPEG 2000", 33005: "JPEG 2000", 34712: "JPEG 2000",
    34887: "LERC", 34892: "lossy DNG", 34927: "WebP", 50001: "WebP", 50002: "JPEG XL",
    52546: "JPEG XL",
}  # fmt: skip
_MAX_ENTRIES, _MAX_PAGES = 512, 64  # bounds of what a hostile file makes us look at
_INTEGERS = {1: "B", 3: "H", 4: "I", 16: "Q"}  # type codes of TIFF and struct

Tags = Mapping[int, int]
"""The first value of each tag that holds whole numbers."""


def directories(tiff: bytes) -> Iterator[Tags]:
    """The directories of the main chain, in their order, until one cannot be read."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if not order:
        return
    try:
        big = struct.unpack_from(f"{order}H", tiff, 2)[0] == 43
        layout = _Layout(order, "Q" if big else "I", "Q" if big else "H")
        (place,) = struct.unpack_from(order + layout.offset, tiff, 8 if big else 4)
        seen: set[int] = set()
        while place and place not in seen and len(seen) < _MAX_PAGES:
            seen.add(place)
            tags, place = layout.read(tiff, place)
            yield tags
    except (struct.error, OverflowError):
        return


class _Layout:
    """How numbers lie in the file: byte order, and the widths that BigTIFF doubles."""

    def __init__(self, order: str, offset: str, count: str) -> None:
        self.order, self.offset, self._count = order, offset, count
        self._inline = struct.calcsize(offset)
        self._entry = struct.Struct(f"{order}HH{offset}")

    def read(self, tiff: bytes, place: int) -> tuple[Tags, int]:
        """The tags of the directory at `place`, and where the next one is (0: nowhere).

        Raises struct.error.
        """
        (count,) = struct.unpack_from(self.order + self._count, tiff, place)
        first = place + struct.calcsize(self._count)
        size = self._entry.size + self._inline
        tags: dict[int, int] = {}
        for start in range(first, first + size * min(count, _MAX_ENTRIES), size):
            tag, kind, values = self._entry.unpack_from(tiff, start)
            if code := _INTEGERS.get(kind):
                value_at = start + self._entry.size
                if values * struct.calcsize(f"={code}") > self._inline:
                    (value_at,) = struct.unpack_from(self.order + self.offset, tiff, value_at)
                tags.setdefault(tag, *struct.unpack_from(self.order + code, tiff, value_at))
        if count > _MAX_ENTRIES:
            return tags, 0
        return tags, struct.unpack_from(self.order + self.offset, tiff, first + size * count)[0]


def orientation_of(tags: Tags) -> int:
    """1-8, or anything else that the file says."""
    return tags.get(_ORIENTATION, 1)


def main_page(pages: list[Tags]) -> int | None:
    """Which page is the photo; None when the file shows no more of it than a thumbnail.

    The first one, unless it is called a reduced copy or another is at least twice as wide and high.
    """
    largest = max(range(len(pages)), key=lambda page: _area(pages[page]))
    first, other = pages[0], pages[largest]
    if _is_reduced(first):
        return largest if _area(other) > _area(first) and not _is_reduced(other) else None
    twice = all(other.get(side, 0) >= 2 * first.get(side, 0) > 0 for side in (_WIDTH, _HEIGHT))
    return largest if twice else 0


def is_white_zero(tags: Tags) -> bool:
    """Whether 0 is white, as in a fax and some scans."""
    return tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO


def bits_of(tags: Tags) -> int:
    """Bits of a sample."""
    return tags.get(_BITS, 1)


def kind_of(tags: Tags) -> str | None:
    """What makes a TIFF one that is not read: its maker, compression or numbers."""
    if _DNG_VERSION in tags:
        return "DNG raw"
    if name := _COMPRESSIONS.get(tags.get(_COMPRESSION, 1)):
        return f"TIFF with {name} inside"
    grey_32_bit = bits_of(tags) == 32 and tags.get(_SAMPLES, 1) == 1  # these are read
    if tags.get(_SAMPLE_FORMAT) == _FLOAT and not grey_32_bit:
        return f"TIFF of {bits_of(tags)}-bit floats"
    return "raw" if _is_reduced(tags) and _CHILDREN in tags else None


def _is_reduced(tags: Tags) -> bool:
    return bool(tags.get(_SUBTYPE, 0) & _REDUCED) or tags.get(_OLD_SUBTYPE) == _OLD_REDUCED


def _area(tags: Tags) -> int:
    return tags.get(_WIDTH, 0) * tags.get(_HEIGHT, 0)


def exif_orientation(exif: bytes) -> int:
    """The orientation in a block of EXIF; 1, upright, where there is none that can be read.

    Only EXIF counts, as in browsers: XMP repeats it, and is often left behind by an editor.

    >>> exif_orientation(bytes.fromhex("4d4d002a000000080001 0112000300000001 00060000 00000000"))
    6
    """
    first = next(directories(exif.removeprefix(b"Exif\0\0")), {})
    return orientation_of(first)
