"""Color profiles that tests make: a few bytes each, with the numbers that the standards give."""

import struct

import numpy as np

NAMES = (b"rXYZ", b"gXYZ", b"bXYZ")
D50 = (0.9642, 1.0, 0.8249)
P3 = (
    (0.515102, 0.241182, -0.001050),
    (0.291965, 0.692236, 0.041882),
    (0.157153, 0.066581, 0.784378),
)
ADOBE_RGB = (
    (0.609741, 0.311111, 0.019470),
    (0.205276, 0.625671, 0.060867),
    (0.149185, 0.063217, 0.744568),
)
SRGB = (
    (0.436066, 0.222488, 0.013916),
    (0.385147, 0.716873, 0.097076),
    (0.143066, 0.060608, 0.714096),
)
"""XYZ of red, green and blue under D50, as the ICC's registry has them."""


def profile(space: bytes, tags: dict[bytes, bytes], *, device: bytes = b"mntr") -> bytes:
    """An ICC profile, version 2, with these tags."""
    start = 128 + 4 + 12 * len(tags)
    table, body = b"", b""
    for name, unpadded in tags.items():
        data = unpadded + bytes(-len(unpadded) % 4)
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data
    size = start + len(body)
    pcs = b"Lab " if b"A2B0" in tags else b"XYZ "
    header = struct.pack(">I4sI4s4s4s", size, b"test", 0x02400000, device, space, pcs)
    header += bytes(12) + b"acsp" + bytes(28) + xyz(D50)[8:]
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def xyz(values) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(65536 * value) for value in values))


def curve(gamma: float | None) -> bytes:
    """A power, or sRGB's own curve."""
    if gamma:
        return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(256 * gamma))
    points = np.linspace(0, 1, 1024)
    linear = np.where(points <= 0.04045, points / 12.92, ((points + 0.055) / 1.055) ** 2.4)
    return b"curv\0\0\0\0" + struct.pack(">I1024H", 1024, *np.rint(65535 * linear).astype(int))


def rgb_profile(primaries, gamma: float | None = None) -> bytes:
    tags = {b"wtpt": xyz(D50)}
    tags |= {name: xyz(values) for name, values in zip(NAMES, primaries, strict=True)}
    return profile(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve(gamma)))


def grey_profile(gamma: float) -> bytes:
    return profile(b"GRAY", {b"wtpt": xyz(D50), b"kTRC": curve(gamma)})


def cmyk_profile(ink_lab: tuple[int, int, int]) -> bytes:
    """White paper (Lab 255, 128, 128 in bytes) and any full ink in one color."""
    paper = bytes([255, 128, 128])
    grid = paper + bytes(ink_lab) * 15
    identity = bytes(range(256))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0])
    table += struct.pack(
        ">9i", *(65536 * (row == column) for row in range(3) for column in range(3))
    )
    table += identity * 4 + grid + identity * 3
    return profile(b"CMYK", {b"wtpt": xyz(D50), b"A2B0": table}, device=b"prtr")


def encoded(colors, primaries, gamma: float | None = None):
    """What these sRGB colors (N, 3) are in another space, by its definition, 0-255."""
    values = np.asarray(colors, float) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    there = linear @ np.array(SRGB) @ np.linalg.inv(np.array(primaries))
    there = np.clip(there, 0, 1)
    if gamma:
        return np.rint(255 * there ** (1 / gamma)).astype(np.uint8)
    curved = np.where(there <= 0.0031308, 12.92 * there, 1.055 * there ** (1 / 2.4) - 0.055)
    return np.rint(255 * curved).astype(np.uint8)
