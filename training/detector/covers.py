"""Things drawn over a part of a face: a mask, sunglasses, a hand, anything straight."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from inference_api.vision.letterbox import Image

Color = tuple[int, int, int]
Generator = np.random.Generator
P_MASK, P_SUNGLASSES, P_HAND, P_LOWER_HALF = 0.4, 0.15, 0.15, 0.15  # else a part anywhere
LARGEST_PART = 2.2  # of the 4 that a face's own frame has


def cover(rng: Generator, picture: Image, box: npt.NDArray[np.float32], degrees: float) -> None:
    """Draw something over a part of the face in `box` (xyxy pixels), turned by `degrees`."""
    center, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
    face = _Face(picture, np.asarray(center, np.float64), float(half.mean()), degrees)
    kind = rng.random()
    for share, draw in SHARES:
        if kind < share:
            draw(rng, face)
            return
        kind -= share
    _part(rng, face)


@dataclass(frozen=True, slots=True)
class _Face:
    """A face's own frame, upright, from -1 to 1 along both axes."""

    picture: Image
    center_xy: npt.NDArray[np.float64]
    side: float
    degrees: float

    def at(self, points: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """Points (…, 2) of the frame, or one, in pixels of the picture."""
        cos, sin = math.cos(math.radians(self.degrees)), math.sin(math.radians(self.degrees))
        turned = np.asarray(points, np.float64) @ np.array([[cos, sin], [-sin, cos]])
        return np.asarray(np.round(turned * self.side + self.center_xy), np.int32)

    def pixels(self, length: float) -> int:
        """A length of the frame, at least a pixel."""
        return max(1, int(self.side * length))

    def fill(self, points: npt.ArrayLike, color: Color) -> None:
        cv2.fillPoly(self.picture, [self.at(points)], color, cv2.LINE_AA)

    def line(self, a: npt.ArrayLike, b: npt.ArrayLike, color: Color, *, width: int) -> None:
        start, end = self.at(a).tolist(), self.at(b).tolist()
        cv2.line(self.picture, start, end, color, width, cv2.LINE_AA)


def _mask(rng: Generator, face: _Face) -> None:
    """Over mouth and nose, half of the time with a fold."""
    color = _color(rng)
    top, wide = rng.uniform(-0.15, 0.25), rng.uniform(0.75, 1.05)
    middle = top - rng.uniform(0, 0.25)
    face.fill([(-wide, top), (0, middle), (wide, top), (wide * 0.75, 0.85), (0, 1.1),
               (-wide * 0.75, 0.85)], color)  # fmt: skip
    if rng.random() < 0.5:
        red, green, blue = (int(value * 0.85) for value in color)
        y = top + (0.9 - top) * rng.uniform(0.3, 0.6)
        face.line((-wide * 0.9, y), (wide * 0.9, y), (red, green, blue), width=1)


def _sunglasses(rng: Generator, face: _Face) -> None:
    red, green, blue = rng.integers(0, 60, 3).tolist()
    axes = face.pixels(0.36), face.pixels(rng.uniform(0.2, 0.32))
    for x in (-0.42, 0.42):
        at = tuple(face.at((x, -0.2)).tolist())
        cv2.ellipse(face.picture, at, axes, face.degrees, 0, 360, (red, green, blue), -1)
    face.line((-0.9, -0.25), (0.9, -0.25), (red, green, blue), width=face.pixels(0.06))


def _hand(rng: Generator, face: _Face) -> None:
    """Two to four fingers."""
    red, green, blue = (int(v) for v in np.array([200, 150, 120]) * rng.uniform(0.3, 1.15))
    x, y, way = rng.uniform(-0.8, 0.8), rng.uniform(-0.3, 0.8), rng.uniform(0, math.pi)
    for finger in range(int(rng.integers(2, 5))):
        start = x + 0.22 * finger * math.sin(way), y + 0.22 * finger * math.cos(way)
        end = start[0] + 0.9 * math.cos(way), start[1] + 0.9 * math.sin(way)
        face.line(start, end, (red, green, blue), width=face.pixels(0.2))


def _lower_half(rng: Generator, face: _Face) -> None:
    top = rng.uniform(0.0, 0.3)
    face.fill([(-1.1, top), (1.1, top), (1.1, 1.2), (-1.1, 1.2)], _color(rng))


def _part(rng: Generator, face: _Face) -> None:
    """A rectangle anywhere over the face, not all of it."""
    (x0, x1), (y0, y1) = (sorted(rng.uniform(-1.2, 1.2, 2)) for _ in range(2))
    x1 = min(x1, x0 + LARGEST_PART / max(y1 - y0, 1e-6))
    face.fill([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], _color(rng))


SHARES: tuple[tuple[float, Callable[[Generator, _Face], None]], ...] = (
    (P_MASK, _mask), (P_SUNGLASSES, _sunglasses), (P_HAND, _hand), (P_LOWER_HALF, _lower_half),
)  # fmt: skip


def _color(rng: Generator) -> Color:
    """Of masks mostly: white, light blue, black; else any."""
    choice = rng.random()
    base: npt.NDArray[Any]
    if choice < 0.3:
        base = rng.integers(200, 256) + rng.integers(-10, 10, 3)
    elif choice < 0.55:
        base = np.array([130, 185, 215]) * rng.uniform(0.6, 1.15)
    elif choice < 0.7:
        base = rng.integers(0, 50, 3)
    else:
        base = rng.integers(0, 256, 3)
    red, green, blue = np.clip(base, 0, 255).astype(int).tolist()
    return red, green, blue
