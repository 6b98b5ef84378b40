"""Where decoders put their pixels: into new memory, unless the caller has a place for them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from inference_api.vision.letterbox import Image

Shape = tuple[int, int, int]
_ALLOCATE: ContextVar[Callable[[Shape], Image]] = ContextVar("allocate")


def allocate(shape_hwc: Shape) -> Image:
    """An array for a picture of this shape; what is in it means nothing."""
    return _ALLOCATE.get(_new)(shape_hwc)


@contextmanager
def allocating(allocator: Callable[[Shape], Image]) -> Iterator[None]:
    """Decoders that can do so take the memory for their pixels from `allocator`, in this context.

    The others do not, so a picture may yet lie elsewhere.
    """
    token = _ALLOCATE.set(allocator)
    try:
        yield
    finally:
        _ALLOCATE.reset(token)


def _new(shape_hwc: Shape) -> Image:
    return np.empty(shape_hwc, np.uint8)
