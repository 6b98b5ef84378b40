"""What the pixels of a photo will take of memory, told from its header."""

from collections.abc import Mapping

from PIL import Image as PillowImage

_MODE_BYTES: Mapping[str, int] = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
_OTHER_MODES = 4  # bytes a pixel of every other mode, RGB among them: Pillow fills up
_ANSWER = 3  # bytes a pixel of what comes out
_IN_DECODER: Mapping[str, int] = {  # bytes a pixel of what the format's library holds itself
    "WEBP": 12,  # two canvases and a copy
    "AVIF": 8,
    "HEIF": 5,
    "TIFF": 4,  # a strip may be the whole picture
}
_COEFFICIENTS = 6  # bytes a pixel: a progressive JPEG is put together at its full size
_JPEG = "JPEG", "MPO"


def memory_of(photo: PillowImage.Image, *, whole_wh: tuple[int, int]) -> int:
    """About how many bytes it takes to load `photo`, whose size may be a part of `whole_wh`."""
    pixels = photo.width * photo.height
    if photo.format in _JPEG:
        plain = photo.mode in ("RGB", "L")
        waiting = _COEFFICIENTS if photo.info.get("progressive") else 0
        own = _ANSWER if plain else _OTHER_MODES + _ANSWER
        return pixels * own + whole_wh[0] * whole_wh[1] * waiting
    mode = _MODE_BYTES.get(photo.mode, _OTHER_MODES)
    return pixels * (mode + _ANSWER + _IN_DECODER.get(photo.format or "", 0))
