"""TIFF files written by hand, with what no library here writes."""

import struct
from collections.abc import Sequence

Page = tuple[dict[int, int | tuple[int, ...]], bytes]
"""Tags as numbers, and the strip that the page shows."""


def tiff_file(pages: Sequence[Page], *, order: str = "<", big: bool = False) -> bytes:
    """A TIFF, or a BigTIFF, with a strip for each page."""
    offset, count, start = ("Q", "Q", 16) if big else ("I", "H", 8)
    out = bytearray(
        (b"II" if order == "<" else b"MM") + struct.pack(f"{order}H", 43 if big else 42)
    )
    out += struct.pack(f"{order}HHQ", 8, 0, start) if big else struct.pack(f"{order}I", start)
    for number, (given, strip) in enumerate(pages):
        tags = {**given, 273: 0, 278: given[257], 279: len(strip)}
        size = struct.calcsize(f"{order}{count}") + (20 if big else 12) * len(tags)
        end = len(out) + size + struct.calcsize(offset)
        extra = b""
        entries = b""
        tags[273] = end
        for tag, value in sorted(tags.items()):
            values = value if isinstance(value, tuple) else (value,)
            packed = struct.pack(f"{order}{len(values)}I", *values)
            if len(packed) > struct.calcsize(offset):
                place = end + len(strip) + len(extra)
                extra += packed
                packed = struct.pack(f"{order}{offset}", place)
            entries += struct.pack(f"{order}HH{offset}", tag, 4, len(values))
            entries += packed.ljust(struct.calcsize(offset), b"\0")
        after = end + len(strip) + len(extra)
        out += struct.pack(f"{order}{count}", len(tags)) + entries
        out += struct.pack(f"{order}{offset}", after if number + 1 < len(pages) else 0)
        out += strip + extra
    return bytes(out)


def grey_page(side: int, level: int, **tags: int | tuple[int, ...]) -> Page:
    """A square of one grey; `t254=1` gives tag 254."""
    given = {256: side, 257: side, 258: 8, 259: 1, 262: 1, 277: 1}
    given |= {int(name[1:]): value for name, value in tags.items()}
    samples = given[277] if isinstance(given[277], int) else 1
    bits = given[258] if isinstance(given[258], int) else given[258][0]
    whole, sample = divmod(bits, 8)
    packed = level.to_bytes(whole, "little") if not sample else b""
    return given, packed * samples * side * side
