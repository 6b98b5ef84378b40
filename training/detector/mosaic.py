"""Training pictures for the detector: several photos in one frame, at random scales and angles.

A picture is cut into one to sixteen cells (Bochkovskiy et al. 2020, arXiv:2004.10934, with 2x2).
Each cell shows a photo at a random scale, place and angle, on grey, on a color or on a photo
without faces; then some faces are covered (`training.detector.covers`), and light and camera get
worse (`training.detector.light`).
"""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import Boxes
from inference_api.vision.letterbox import GREY, Image, letterbox
from training.detector.covers import cover
from training.detector.light import Light
from training.detector.scenes import Placement, moved_boxes, warp_into

P_CELLS = {1: 0.55, 2: 0.25, 3: 0.12, 4: 0.08}  # cells a side of the picture
P_AS_SERVED = 0.15  # of the pictures with one cell: letterboxed, as the service does
P_NO_FACE = 0.15  # of the cells show a photo without a face
P_BY_FACE = 0.6  # of the cells: one face gets a size and a place, else the photo does
P_COVERED = 0.15  # of the faces that are large enough for it
LEAST_COVERED = 20.0  # pixels
FACE_SIDES = (8.0, 1.3)  # pixels; of the cell's side
LARGEST_SCALE = 3.5  # of a photo: beyond it shows nothing but its own pixels
ZOOM = (0.3, 1.8)  # of a photo that fills its cell exactly
LEAST_ZOOM = 0.25  # the same, where a face's size decides: less is nearly empty
LEAST_SEEN = 0.5  # of a face's area; one that is cut off more is neither asked for nor forbidden
SPLIT_JITTER = 0.25  # of a cell's side
CROWD = 3  # faces; such a photo is turned less, as its like is hardly ever on its side
# Shares of photos that are hardly turned, leaning, and turned by any angle.
TURNS, CROWD_TURNS = (0.4, 0.4, 0.2), (0.6, 0.25, 0.15)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A photo without padding, uint8 RGB (H, W, 3), and its faces, pixels (M, 4) float32.

    ignored_xyxy (I, 4): neither faces nor background. loose: the boxes show where faces are,
    not how large they are.
    """

    image: Image
    boxes_xyxy: Boxes
    ignored_xyxy: Boxes = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A training picture uint8 RGB (size, size, 3); boxes in pixels (M, 4) and (I, 4).

    loose (M,) bool: of the faces. ignored_xyxy: among them faces of which too little is seen.
    """

    image: Image
    boxes_xyxy: Boxes
    loose: npt.NDArray[np.bool_]
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
        self._light = Light()

    def sample(self, rng: np.random.Generator) -> Picture:
        """One picture with its faces."""
        cells = int(rng.choice(list(P_CELLS), p=list(P_CELLS.values())))
        canvas = np.full((self.size, self.size, 3), GREY, np.uint8)
        rows = [
            self._fill(rng, canvas, window, alone=cells == 1)
            for window in _cells(rng, cells, self.size)
        ]
        every = np.concatenate(rows)
        boxes, share, kind, degrees = every[:, :4], every[:, 4], every[:, 5], every[:, 6]
        seen = (share >= LEAST_SEEN) & (kind >= 0)
        sides = (boxes[:, 2:] - boxes[:, :2]).min(axis=1)
        for row in np.flatnonzero(seen & (sides >= LEAST_COVERED)):
            if rng.random() < P_COVERED:
                cover(rng, canvas, boxes[row], float(degrees[row]))
        return Picture(self._light(rng, canvas), boxes[seen], kind[seen] > 0, boxes[~seen])

    def _fill(
        self,
        rng: np.random.Generator,
        canvas: Image,
        window: tuple[int, int, int, int],
        *,
        alone: bool,
    ) -> npt.NDArray[np.float32]:
        """Put a photo into a window (xyxy) of the canvas.

        Returns a row for each face and ignored place (M, 7): the part that is seen, xyxy, its
        share of the whole, its kind (1 loose, 0 tight, -1 ignored) and how it is turned, degrees.
        """
        photo = self._draw(rng)
        left, top, right, bottom = window
        cell = canvas[top:bottom, left:right]
        if alone and rng.random() < P_AS_SERVED:
            degrees = 0.0
            square, transform = letterbox(photo.image, size=self.size)
            canvas[:] = square
            scale = transform.scaled_size_wh[0] / transform.image_size_wh[0]
            matrix = np.array([[scale, 0, transform.pad_left], [0, scale, transform.pad_top]])
        else:
            self._ground(rng, cell)
            placement, matrix = _placed(rng, photo, (right - left, bottom - top))
            degrees = placement.degrees
            warp_into(cell, photo.image, matrix)
        boxes = np.concatenate([photo.boxes_xyxy, photo.ignored_xyxy])
        kinds = np.full(len(boxes), 1.0 if photo.loose else 0.0)
        kinds[len(photo.boxes_xyxy) :] = -1
        offset = np.array([left, top, left, top], np.float32)
        return _seen(moved_boxes(boxes, matrix) + offset, kinds, degrees, window)

    def _draw(self, rng: np.random.Generator) -> Labelled:
        if rng.random() < self.p_no_face:
            return Labelled(self._background(rng), np.zeros((0, 4), np.float32))
        row = min(int(np.searchsorted(self._cumulative, rng.random())), len(self.photos) - 1)
        return self.photos[row]

    def _background(self, rng: np.random.Generator) -> Image:
        return self.backgrounds[rng.integers(len(self.backgrounds))]

    def _ground(self, rng: np.random.Generator, cell: Image) -> None:
        """What lies around a photo that does not fill its cell."""
        choice = rng.random()
        if choice < 0.5:
            image = self._background(rng)
            cell[:] = cv2.resize(image, cell.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        elif choice < 0.7:
            cell[:] = rng.integers(0, 256, 3)


def _placed(
    rng: np.random.Generator, photo: Labelled, cell_wh: tuple[int, int]
) -> tuple[Placement, npt.NDArray[np.float64]]:
    """Where and how a photo is shown in a cell of `cell_wh` pixels."""
    height, width = photo.image.shape[:2]
    cell = np.array(cell_wh, np.float64)
    degrees = _degrees(rng, CROWD_TURNS if len(photo.boxes_xyxy) >= CROWD else TURNS)
    fit = min(cell_wh[0] / width, cell_wh[1] / height)
    if len(photo.boxes_xyxy) and rng.random() < P_BY_FACE:
        box = photo.boxes_xyxy[rng.integers(len(photo.boxes_xyxy))].astype(np.float64)
        side = math.sqrt(max(1.0, (box[2] - box[0]) * (box[3] - box[1])))
        least = max(FACE_SIDES[0], LEAST_ZOOM * fit * side)
        largest = min(FACE_SIDES[1] * cell.min(), side * LARGEST_SCALE)
        scale = _log_uniform(rng, least, max(least + 1, largest)) / side
        anchor, at = (box[:2] + box[2:]) / 2, cell * rng.uniform(0.02, 0.98, 2)
    else:
        scale = min(LARGEST_SCALE, fit * _log_uniform(rng, *ZOOM))
        anchor = np.array([width, height]) / 2
        free = np.abs(cell - anchor * 2 * scale)
        at = cell / 2 + free * rng.uniform(-0.5, 0.5, 2)
    aspect = math.exp(rng.normal(0, 0.05))
    placement = Placement(degrees, (scale * aspect, scale / aspect), bool(rng.random() < 0.5))
    return placement, placement.matrix(anchor, at)


def _degrees(rng: np.random.Generator, shares: tuple[float, float, float]) -> float:
    choice = rng.random()
    if choice < shares[0]:
        return float(rng.normal(0, 5))
    if choice < shares[0] + shares[1]:
        return float(rng.uniform(-50, 50))
    if rng.random() < 0.5:
        return float(90 * rng.integers(1, 4) + rng.normal(0, 6))
    return float(rng.uniform(-180, 180))


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


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


def _seen(
    boxes: Boxes, kinds: npt.NDArray[np.float64], degrees: float, window: tuple[int, int, int, int]
) -> npt.NDArray[np.float32]:
    """Rows as `_fill` returns them, without the boxes of which nothing is left in the window."""
    edges = np.array(window, np.float32)
    cut = np.concatenate(
        [np.maximum(boxes[:, :2], edges[:2]), np.minimum(boxes[:, 2:], edges[2:])], axis=1
    )
    sides = np.clip(cut[:, 2:] - cut[:, :2], 0, None)
    whole = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    share = np.prod(sides, axis=1) / np.maximum(whole, 1e-6)
    turned = np.full(len(boxes), degrees)
    rows = np.concatenate([cut, np.stack([share, kinds, turned], axis=1)], axis=1)
    return np.asarray(rows[share > 0.0], np.float32)
