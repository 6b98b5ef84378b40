"""What the pixels of a photo will take of memory, told from its header."""

from collections.abc import Mapping

from PIL import Image as PillowImage

_MODE_BYTES: Mapping[str, int] = {
    "1": 1, "L": 1, "P": 1,
    "I;16": 4, "I;16B": 4, "I;16L": 4,  # and once more in 8 bits
    "I": 28, "F": 28,  # stretched in 64 bits
}  # fmt: skip
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
_WEBP_HEAD = 30  # bytes


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


def memory_of_unopened(data: bytes, image_format: str) -> int:
    """About how many bytes it takes to load a photo that Pillow cannot open without most of them.

    So it is with WebP, whose canvases are made at once. 0 for every other format.
    """
    canvas = _webp_canvas(data[:_WEBP_HEAD]) if image_format == "WEBP" else (0, 0)
    return canvas[0] * canvas[1] * (_OTHER_MODES + _ANSWER + _IN_DECODER["WEBP"])


def _webp_canvas(head: bytes) -> tuple[int, int]:
    """size_wh as the header tells; (0, 0) where it is cut short."""
    kind, body = head[12:16], head[20:]
    if len(head) < _WEBP_HEAD:
        return 0, 0
    if kind == b"VP8X":
        return _number(body[4:7]) + 1, _number(body[7:10]) + 1
    if kind == b"VP8L":
        bits = _number(body[1:5])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return _number(body[6:8]) & 0x3FFF, _number(body[8:10]) & 0x3FFF


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")
