"""JPEG: its scans, and the segments before the first of them."""

_MOST_SCANS, _MOST_SEGMENTS, _MOST_NOTHING = 64, 2000, 65_536
_SCAN = b"\xff\xda"
_END, _BARE = 0xD9, frozenset([0x00, 0x01, *range(0xD0, 0xD9)])  # the latter have no length


def look_at_jpeg(data: bytes) -> tuple[str, str] | None:
    """What is too much of the file, if anything."""
    segments = nothing = 0
    place = 2
    while (marker_at := data.find(b"\xff", place)) >= 0 and marker_at + 1 < len(data):
        nothing += marker_at - place
        marker = data[marker_at + 1]
        segments += 1
        if segments > _MOST_SEGMENTS:
            return "segments", str(_MOST_SEGMENTS)
        if nothing > _MOST_NOTHING:
            return "bytes between segments", str(_MOST_NOTHING)
        if marker in (_SCAN[1], _END):
            break
        if marker == 0xFF:
            place = marker_at + 1
            while data.startswith(b"\xff" * 256, place):
                place, nothing = place + 255, nothing + 255
        elif marker in _BARE:
            place = marker_at + 2
        else:
            length = int.from_bytes(data[marker_at + 2 : marker_at + 4], "big")
            place = marker_at + 2 + max(2, length)
    return _look_at_scans(data, marker_at)


def _look_at_scans(data: bytes, place: int) -> tuple[str, str] | None:
    """Bytes that mean a scan cannot be pixels, but can be a part of the tables between scans."""
    if place < 0 or data.count(_SCAN, place) <= _MOST_SCANS:
        return None
    scans = 0
    while (place := data.find(b"\xff", place)) >= 0 and place + 1 < len(data):
        marker = data[place + 1]
        if marker == _END:
            return None
        if marker == _SCAN[1] and (scans := scans + 1) > _MOST_SCANS:
            return "scans", str(_MOST_SCANS)
        is_bare = marker == 0xFF or marker in _BARE
        length = 0 if is_bare else int.from_bytes(data[place + 2 : place + 4], "big")
        place += (1 if marker == 0xFF else 2) + length
    return None
