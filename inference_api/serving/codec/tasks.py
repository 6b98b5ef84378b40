"""What a worker is asked to do, and under which limits."""

from collections.abc import Callable
from dataclasses import dataclass, field

from inference_api.pipeline import Prediction
from inference_api.serving.codec.blocks import Block
from inference_api.vision.images import DEFAULT_LIMITS, ImageLimits, decode, decode_reduced
from inference_api.vision.letterbox import Image

Render = Callable[[Image, Prediction], bytes]
"""What is made of a photo for its answer; for a worker process it must be picklable."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """How a photo is decoded: whole, or with at least `least_side` pixels of its shorter side."""

    limits: ImageLimits = DEFAULT_LIMITS
    least_side: int | None = None

    def __call__(self, data: bytes) -> tuple[Image, tuple[int, int]]:
        """The picture and the size_wh of the whole. Raises ImageRejectedError, MemoryError."""
        if self.least_side is None:
            image = decode(data, limits=self.limits)
            return image, (image.shape[1], image.shape[0])
        return decode_reduced(data, least_side=self.least_side, limits=self.limits)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture and the size_wh of the whole photo; block: the shared memory that it lies in."""

    image: Image
    size_wh: tuple[int, int]
    block: Block | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Cap:
    """What one photo may cost a worker: seconds of processor time, bytes of memory of its own.

    niceness: how far the worker stands back for everything else that wants the processor.
    """

    cpu_s: int
    memory: int
    niceness: int = 0
