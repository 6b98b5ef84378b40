"""Which picture format a client would like best, by its `Accept` header."""

from collections.abc import Mapping

from inference_api.vision.images import EncodedFormat

MEDIA_TYPES: Mapping[EncodedFormat, str] = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
}
"""Ours, the favorite first."""
_ALIASES = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png"}


def best_format(accept: str) -> EncodedFormat | None:
    """The format of highest quality, ours in case of a tie; None when none will do.

    An empty header accepts anything.

    >>> best_format("image/png;q=0.9, image/*;q=0.5")
    'PNG'
    >>> best_format("application/json") is None
    True
    """
    ranges = _ranges(accept) if accept.strip() else {"*/*": 1.0}
    qualities = {name: _quality(media_type, ranges) for name, media_type in MEDIA_TYPES.items()}
    best = max(qualities, key=lambda name: qualities[name])
    return best if qualities[best] > 0 else None


def _quality(media_type: str, ranges: Mapping[str, float]) -> float:
    """That of the most specific range that matches."""
    for candidate in (media_type, "image/*", "*/*"):
        if candidate in ranges:
            return ranges[candidate]
    return 0.0


def _ranges(accept: str) -> dict[str, float]:
    ranges: dict[str, float] = {}
    for part in accept.lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((_number(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
        ranges[_ALIASES.get(media_type, media_type)] = quality
    return ranges


def _number(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
