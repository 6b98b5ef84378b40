"""Files of other formats are refused by their names."""

import pytest

from inference_api.errors import UnsupportedImageError
from inference_api.vision.images import decode

OTHERS = {
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n",
    "JPEG XL": b"\xff\x0a\xfa\x1f",
    "Canon raw": b"II*\0\x10\0\0\0CR\2\0",
    "Photoshop": b"8BPS\0\1",
    "PDF": b"%PDF-1.7",
    "SVG": b"<svg xmlns=",
    "a web page": b"<!DOCTYPE html>",
    "a video": b"\0\0\0\x18ftypmp42",
}


@pytest.mark.parametrize(("name", "head"), OTHERS.items(), ids=OTHERS.keys())
def test_another_format_is_refused_by_its_name(name, head):
    with pytest.raises(UnsupportedImageError, match=f"found {name}"):
        decode(head + bytes(99))
