"""Turning a photo the way up that its file says."""

from collections.abc import Callable

import numpy as np

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


def turn_upright(image: Image, orientation: int) -> Image:
    """`image` as it is meant to be seen."""
    upright = _UPRIGHT.get(orientation)
    return np.ascontiguousarray(upright(image)) if upright else image
