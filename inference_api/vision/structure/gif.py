"""GIF: the blocks before its first picture."""

_MOST_BLOCKS = 10_000
_EXTENSION, _PICTURE = 0x21, 0x2C
_HEAD = 13  # bytes before the palette


def look_at_gif(data: bytes) -> tuple[str, str] | None:
    """What is too much of the file, if anything."""
    place, blocks = _HEAD + _palette_bytes(data), 0
    while place < len(data) and data[place] != _PICTURE:
        if data[place] != _EXTENSION:
            place, blocks = place + 1, blocks + 1
        else:
            place += 2
            while place < len(data) and data[place] and blocks <= _MOST_BLOCKS:
                place, blocks = place + data[place] + 1, blocks + 1
            place, blocks = place + 1, blocks + 1
        if blocks > _MOST_BLOCKS:
            return "blocks before the picture", str(_MOST_BLOCKS)
    return None


def _palette_bytes(data: bytes) -> int:
    flags = data[10] if len(data) > 10 else 0
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
