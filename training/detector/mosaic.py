"""Training pictures for the detector: several photos in one frame, at random scales.

The photos given show mostly one large face in the middle. A picture is therefore cut into one
to sixteen cells (Bochkovskiy et al. 2020, arXiv:2004.10934, with 2x2), and each cell shows a
photo at a random scale and place, on grey, on a color or on a photo without faces.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import Boxes
from inference_api.vision.letterbox import GREY, Image
from training.dataset.photometric import photometric_pipeline

P_CELLS = {1: 0.5, 2: 0.28, 3: 0.14, 4: 0.08}  # cells a side of the picture
P_AS_SERVED = 0.4  # of the pictures with one cell: letterboxed, as the service does
P_NO_FACE = 0.15  # of the cells show a photo without a face
ZOOM_ONE, ZOOM_MANY = (0.2, 1.8), (0.6, 1.7)  # of a photo that fills its cell exactly
LEAST_SEEN = 0.5  # of a face's area; one that is cut off more is neither asked for nor forbidden
SPLIT_JITTER = 0.25  # of a cell's side


@dataclass(frozen=True, slots=True)
class Labelled:
    """A photo without padding, uint8 RGB (H, W, 3), and its faces, pixels (M, 4) float32."""

    image: Image
    boxes_xyxy: Boxes


@dataclass(frozen=True, slots=True)
class Picture:
    """A training picture uint8 RGB (size, size, 3); boxes in pixels (M, 4) and (I, 4).

    ignored_xyxy: faces of which too little is seen.
    """

    image: Image
    boxes_xyxy: Boxes
    ignored_xyxy: Boxes


class MosaicSampler:
    """Makes pictures of `size` pixels; photos are drawn in proportion to `weights` (N,).

    p_no_face: share of the cells that show a photo without a face.
    """

    def __init__(
        self,
        photos: list[Labelled],
        weights: npt.NDArray[np.float32],
        backgrounds: list[Image],
        *,
        size: int,
        p_no_face: float = P_NO_FACE,
    ) -> None:
        self.p_no_face = p_no_face
        self.photos = photos
        self.backgrounds = backgrounds
        self.size = size
        self._cumulative = np.cumsum(weights / weights.sum())
        self._photometric = photometric_pipeline(strength=0.8)

    def sample(self, rng: np.random.Generator) -> Picture:
        """One picture with its faces."""
        cells = int(rng.choice(list(P_CELLS), p=list(P_CELLS.values())))
        canvas = np.full((self.size, self.size, 3), GREY, np.uint8)
        windows = _cells(rng, cells, self.size)
        every = np.concatenate(
            [self._fill(rng, canvas, window, alone=cells == 1) for window in windows]
        )
        self._photometric.set_random_seed(int(rng.integers(2**31)))
        image = self._photometric(image=canvas)["image"]
        seen = every[:, 4] >= LEAST_SEEN
        return Picture(image, every[seen, :4], every[~seen, :4])

    def _fill(
        self,
        rng: np.random.Generator,
        canvas: Image,
        window: tuple[int, int, int, int],
        *,
        alone: bool,
    ) -> Boxes:
        """Put a photo into a window (xyxy) of the canvas.

        Returns its faces (M, 5): the part that is seen, xyxy, and its share of the whole face.
        """
        photo = self._draw(rng)
        left, top, right, bottom = window
        cell = canvas[top:bottom, left:right]
        height, width = photo.image.shape[:2]
        fit = min((right - left) / width, (bottom - top) / height)
        as_served = alone and rng.random() < P_AS_SERVED
        low, high = ZOOM_ONE if alone else ZOOM_MANY
        zoom = 1.0 if as_served else math.exp(rng.uniform(math.log(low), math.log(high)))
        if not as_served:
            self._ground(rng, cell)
        aspect = 1.0 if as_served else math.exp(rng.normal(0, 0.05))
        scaled = _resized(photo.image, fit * zoom * aspect, fit * zoom / aspect)
        free = np.array([right - left - scaled.shape[1], bottom - top - scaled.shape[0]])
        share = np.array([0.5, 0.5]) if as_served else rng.random(2)
        x, y = (int(v) for v in np.round(free * share))
        _paste(cell, scaled, x, y)
        scale = np.tile([scaled.shape[1] / width, scaled.shape[0] / height], 2)
        moved = photo.boxes_xyxy * scale + np.tile([x + left, y + top], 2)
        return _seen(moved.astype(np.float32), np.array(window, np.float32))

    def _draw(self, rng: np.random.Generator) -> Labelled:
        """A photo, mirrored half of the time."""
        if rng.random() < self.p_no_face:
            return Labelled(self._background(rng), np.zeros((0, 4), np.float32))
        row = min(int(np.searchsorted(self._cumulative, rng.random())), len(self.photos) - 1)
        photo = self.photos[row]
        if rng.random() < 0.5:
            return photo
        width = photo.image.shape[1]
        mirrored = photo.boxes_xyxy.copy()
        mirrored[:, [0, 2]] = width - photo.boxes_xyxy[:, [2, 0]]
        return Labelled(photo.image[:, ::-1], mirrored)

    def _background(self, rng: np.random.Generator) -> Image:
        image = self.backgrounds[rng.integers(len(self.backgrounds))]
        return image[:, ::-1] if rng.random() < 0.5 else image

    def _ground(self, rng: np.random.Generator, cell: Image) -> None:
        """What lies around a photo that does not fill its cell."""
        choice = rng.random()
        if choice < 0.5:
            image = self._background(rng)
            cell[:] = cv2.resize(image, cell.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        elif choice < 0.7:
            cell[:] = rng.integers(0, 256, 3)


def _cells(rng: np.random.Generator, count: int, size: int) -> list[tuple[int, int, int, int]]:
    """The windows (xyxy) of a count x count grid whose inner lines are moved a little."""
    step = size / count
    lines = []
    for _ in range(2):
        moved = step * (np.arange(1, count) + rng.uniform(-SPLIT_JITTER, SPLIT_JITTER, count - 1))
        lines.append([0, *(int(line) for line in moved), size])
    return [
        (left, top, right, bottom)
        for top, bottom in zip(lines[1], lines[1][1:], strict=False)
        for left, right in zip(lines[0], lines[0][1:], strict=False)
    ]


def _resized(image: Image, scale_x: float, scale_y: float) -> Image:
    height, width = image.shape[:2]
    size_wh = max(1, round(width * scale_x)), max(1, round(height * scale_y))
    filter_ = cv2.INTER_AREA if scale_x < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size_wh, interpolation=filter_), np.uint8)


def _paste(cell: Image, image: Image, x: int, y: int) -> None:
    """Copy `image` into the cell at an offset that may be negative."""
    height, width = cell.shape[:2]
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(width, x + image.shape[1]), min(height, y + image.shape[0])
    cell[y0:y1, x0:x1] = image[y0 - y : y1 - y, x0 - x : x1 - x]


def _seen(boxes: Boxes, window: npt.NDArray[np.float32]) -> Boxes:
    """Boxes (M, 4) cut to the window, with the share of their area that is left: (M', 5)."""
    cut = np.concatenate(
        [np.maximum(boxes[:, :2], window[:2]), np.minimum(boxes[:, 2:], window[2:])], axis=1
    )
    sides = np.clip(cut[:, 2:] - cut[:, :2], 0, None)
    whole = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    share = np.prod(sides, axis=1) / np.maximum(whole, 1e-6)
    seen: Boxes = np.concatenate([cut, share[:, None]], axis=1)[share > 0.0].astype(np.float32)
    return seen
