"""Which way up a photo is: what EXIF says, and turning the pixels so."""

from collections.abc import Callable

import numpy as np

from inference_api.vision.formats.tiff import directories, orientation_of
from inference_api.vision.letterbox import Image

TRANSPOSED = range(5, 9)
"""The orientations that swap width and height."""

# What undoes each orientation, on (H, W, 3); anything else in the tag means upright.
_UPRIGHT: dict[int, Callable[[Image], Image]] = {
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.swapaxes(0, 1),
    6: lambda image: image[::-1].swapaxes(0, 1),
    7: lambda image: image[::-1, ::-1].swapaxes(0, 1),
    8: lambda image: image[:, ::-1].swapaxes(0, 1),
}


def exif_orientation(exif: bytes) -> int:
    """The orientation in a block of EXIF; 1, upright, where there is none that can be read.

    Only EXIF counts, as in browsers: XMP repeats it, and is often left behind by an editor.

    >>> exif_orientation(bytes.fromhex("4d4d002a000000080001 0112000300000001 00060000 00000000"))
    6
    """
    first = next(directories(exif.removeprefix(b"Exif\0\0")), {})
    return orientation_of(first)


def turn_upright(image: Image, orientation: int) -> Image:
    """`image` as it is meant to be seen."""
    upright = _UPRIGHT.get(orientation)
    return np.ascontiguousarray(upright(image)) if upright else image
