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
    return next(iter(acceptable_formats(accept)), None)


def acceptable_formats(accept: str) -> tuple[EncodedFormat, ...]:
    """All formats that will do, as `best_format` prefers them.

    >>> acceptable_formats("image/webp, image/png;q=0.5, */*;q=0.1")
    ('WEBP', 'PNG', 'JPEG')
    """
    ranges = _ranges(accept) if accept.strip() else {"*/*": 1.0}
    qualities = {name: _quality(media_type, ranges) for name, media_type in MEDIA_TYPES.items()}
    best_first = sorted(qualities, key=lambda name: qualities[name], reverse=True)
    return tuple(name for name in best_first if qualities[name] > 0)


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
