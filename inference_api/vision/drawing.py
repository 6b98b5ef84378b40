"""Frames and labels on a photo, scaled to it and readable on any ground.

A bright frame lies between two dark lines and the label is bright text on a dark plate, so
neither a white wall nor a night sky swallows them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from inference_api.vision.boxes import Box
from inference_api.vision.letterbox import Image

DEFAULT_FONT = Path(__file__).parent / "fonts" / "DejaVuSans-Bold-subset.ttf"
BRIGHT, DARK = (255, 205, 40), (20, 20, 24)
_FRAME_SHARE, _TEXT_SHARE, _LEAST_TEXT = 1 / 160, 1 / 24, 11  # of the shorter side; pixels


@dataclass(frozen=True, slots=True)
class Mark:
    """One frame with its label: the box in pixels of the photo, text in any script or none."""

    box: Box
    text: str


def draw_marks(image: Image, marks: Sequence[Mark], *, font_path: Path = DEFAULT_FONT) -> Image:
    """A copy of `image` (uint8 RGB) with every mark drawn; several are numbered from 1.

    Labels stand above their frame where there is room, else below or inside; they never
    leave the picture. Raises OSError when the font cannot be read.
    """
    drawn = image.copy()
    for mark in marks:
        _draw_frame(drawn, mark.box)
    taken: list[Box] = []
    for number, mark in enumerate(marks, start=1):
        text = f"{number}. {mark.text}".rstrip() if len(marks) > 1 else mark.text
        if not text:
            continue
        plate = _plate(text, size_wh=(image.shape[1], image.shape[0]), font_path=font_path)
        place = _place(plate, mark.box, size_wh=(image.shape[1], image.shape[0]), taken=taken)
        drawn[int(place.top) : int(place.bottom), int(place.left) : int(place.right)] = plate
        taken.append(place)
    return drawn


def check_font(path: Path) -> None:
    """Raise ValueError when labels cannot be drawn with this font."""
    try:
        ImageFont.truetype(path, _LEAST_TEXT)
    except OSError as error:
        raise ValueError(f"{path} is no font that can be drawn with: {error}") from error


def _draw_frame(image: Image, box: Box) -> None:
    line = max(1, round(min(image.shape[:2]) * _FRAME_SHARE))
    corners = (round(box.left), round(box.top)), (round(box.right) - 1, round(box.bottom) - 1)
    cv2.rectangle(image, *corners, DARK, 3 * line)
    cv2.rectangle(image, *corners, BRIGHT, line)


def _plate(text: str, *, size_wh: tuple[int, int], font_path: Path) -> Image:
    """The label as a picture of its own, shrunk where the photo is smaller than it."""
    text_size = max(_LEAST_TEXT, round(min(size_wh) * _TEXT_SHARE))
    font = ImageFont.truetype(font_path, text_size)
    pad = max(2, text_size // 4)
    ascent, descent = font.getmetrics()
    plate = PillowImage.new("RGB", (round(font.getlength(text)) + 2 * pad, ascent + descent + pad))
    draw = ImageDraw.Draw(plate)
    draw.rectangle((0, 0, *plate.size), fill=DARK)
    draw.text((pad, pad // 2), text, font=font, fill=BRIGHT)
    return _shrink(np.asarray(plate), size_wh)


def _shrink(plate: Image, size_wh: tuple[int, int]) -> Image:
    height, width = plate.shape[:2]
    scale = min(1.0, size_wh[0] / width, size_wh[1] / height)
    if scale == 1:
        return plate
    fitted_wh = max(1, int(width * scale)), max(1, int(height * scale))
    return np.asarray(cv2.resize(plate, fitted_wh, interpolation=cv2.INTER_AREA), np.uint8)


def _place(plate: Image, box: Box, *, size_wh: tuple[int, int], taken: Sequence[Box]) -> Box:
    """The first place inside the picture that covers no earlier label, or simply the first."""
    places = [*_places_inside(plate, box, size_wh)]
    free = (place for place in places if not any(_overlap(place, other) for other in taken))
    return next(free, places[0])


def _places_inside(plate: Image, box: Box, size_wh: tuple[int, int]) -> Iterator[Box]:
    """Above the frame, below it, inside its upper edge; always at whole pixels inside."""
    height, width = plate.shape[:2]
    limit_x, limit_y = size_wh[0] - width, size_wh[1] - height
    left = round(min(max(box.left, 0), limit_x))
    above, below = round(box.top) - height, round(box.bottom)
    tops = [top for top in (above, below) if 0 <= top <= limit_y]
    for top in [*tops, round(min(max(box.top, 0), limit_y))]:
        yield Box(left, top, left + width, top + height)


def _overlap(a: Box, b: Box) -> bool:
    return a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom
