"""Files that would cost a decoder far more than their size, told by their structure alone.

No decoder sees a file before it was looked at here, and a look is cheap: it follows lengths from
block to block and never more blocks than it allows. What is looked at, by format:

| Format | Refused | Because a decoder |
| --- | --- | --- |
| JPEG | more than 64 scans | goes over the whole picture once for each |
| JPEG | more than 2,000 segments, or 64 kB of nothing between them | reads them one by one |
| PNG | more than 20,000 chunks | reads them one by one |
| GIF | more than 10,000 blocks before the first picture | copies all before, for each |
| BMP | run lengths for over 8 megapixels, or 128 pixels a byte | fills each line pixel by pixel |
| TIFF, and EXIF in any other | values that add up to more than the file | reads each of them |
| TIFF | more than 20,000 strips or tiles, or 100,000 rows | sets itself up for each |
| TIFF | tiles far larger than the picture | decodes them whole |
| HEIF, AVIF | extents that add up to twice the file, or 5,000 of them | copies each |

What no rule tells meets the limits of the process that decodes it.
"""

from collections.abc import Callable, Mapping

from inference_api.errors import ImageTooCostlyError
from inference_api.vision.structure.bmp import look_at_bmp
from inference_api.vision.structure.gif import look_at_gif
from inference_api.vision.structure.heif import look_at_heif
from inference_api.vision.structure.jpeg import look_at_jpeg
from inference_api.vision.structure.png import look_at_png
from inference_api.vision.structure.tiff import look_at_exif, look_at_tiff

Finding = tuple[str, str]
"""What there is too much of, and the limit."""

_LOOKS: Mapping[str, Callable[[bytes], Finding | None]] = {
    "JPEG": look_at_jpeg,
    "PNG": look_at_png,
    "GIF": look_at_gif,
    "BMP": look_at_bmp,
    "TIFF": look_at_tiff,
    "HEIF": look_at_heif,
    "AVIF": look_at_heif,
}


def refuse_costly(data: bytes, image_format: str) -> None:
    """Raise ImageTooCostlyError for a file that a rule above tells; any other bytes pass."""
    look = _LOOKS.get(image_format)
    finding = (look(data) if look else None) or look_at_exif(data, image_format)
    if finding:
        resource, limit = finding
        raise ImageTooCostlyError(resource=resource, limit=limit)
