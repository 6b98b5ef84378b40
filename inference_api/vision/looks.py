"""Looking for faces: at the whole photo, and again where that pays.

The first look sees the whole photo in one square of `input_size` pixels. The second one sees it
scaled to `long_side` pixels, in tiles of that same size, so that it takes no other network. Where
nothing is found the square is also tried on its sides and its head. The rule is written in
docs/architecture.md.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import Boxes, suppress
from inference_api.vision.letterbox import Image, LetterboxTransform
from inference_api.vision.spec import LocalizerSpec, LookAgain
from inference_api.vision.tiles import Probabilities, Tiling

SQUARES_A_RUN = 8
"""Squares of second looks that are run together: the sizes of batches stay few and known."""

Localize = Callable[[npt.NDArray[np.uint8]], Sequence[tuple[Boxes, Probabilities]]]
"""uint8 RGB (N, S, S, 3) → the rel_xyxy (K, 4) and the probabilities (K,) found in each square."""


class Photo(Protocol):
    """A photo, or a smaller copy of it, and the square that the first look sees of it."""

    @property
    def image(self) -> Image:
        """The pixels that closer looks are taken from."""

    @property
    def square(self) -> Image:
        """The whole photo, uint8 RGB (S, S, 3)."""

    @property
    def transform(self) -> LetterboxTransform:
        """The way from the square to pixels of the photo."""

    @property
    def size_wh(self) -> tuple[int, int]:
        """Pixels of the photo, of which `image` may be a smaller copy."""


class Detections(NamedTuple):
    """Faces in a photo: boxes_xyxy (K, 4) in its pixels, face_probabilities (K,).

    turned_by: degrees clockwise, of the photo, when they were seen: so they are upright.
    """

    boxes_xyxy: Boxes
    face_probabilities: Probabilities
    turned_by: int = 0

    def inside(self, size_wh: tuple[int, int], *, threshold: float) -> "Detections":
        """Those that are probable enough, clipped to the photo, if anything is left of them."""
        boxes = self.boxes_xyxy.clip(0, np.array([*size_wh, *size_wh], np.float32))
        widths, heights = (boxes[:, 2:] - boxes[:, :2]).T
        kept = (self.face_probabilities >= threshold) & (widths > 0) & (heights > 0)
        return Detections(boxes[kept], self.face_probabilities[kept], self.turned_by)


@dataclass(frozen=True, slots=True)
class FaceFinder:
    """Looks for faces with a localizer's network, of which `spec` says how."""

    localize: Localize
    spec: LocalizerSpec

    def look(self, photos: Sequence[Photo]) -> list[Detections]:
        """What is found in each of N ≥ 1 photos at the first look, run together."""
        found = self.localize(np.stack([photo.square for photo in photos]))
        return [self._seen(photo, *one) for photo, one in zip(photos, found, strict=True)]

    def look_again(
        self, photos: Sequence[Photo], first: Sequence[Detections]
    ) -> dict[int, Detections]:
        """What is found by now in the photos that are looked at again, by their place.

        Squares of all photos are run together, SQUARES_A_RUN at a time; few are held in memory.
        """
        if not (look := self.spec.look_again):
            return {}
        wanted = [
            index
            for index, (photo, one) in enumerate(zip(photos, first, strict=True))
            if deserves_another(one, photo.size_wh, self.spec)
        ]
        closer = self._look_closer([photos[index] for index in wanted], look)
        second = {
            index: merge([first[index], one], self.spec)
            for index, one in zip(wanted, closer, strict=True)
        }
        if look.turns:
            seen = [second.get(index, one) for index, one in enumerate(first)]
            empty = [index for index, one in enumerate(seen) if not len(one.boxes_xyxy)]
            turned = self._look_turned([photos[index] for index in empty], look.turns)
            second.update(zip(empty, turned, strict=True))
        return second

    def _look_closer(self, photos: Sequence[Photo], look: LookAgain) -> list[Detections]:
        """What the tiles of each photo show."""
        spec = self.spec
        tilings = [Tiling.fit(photo.size_wh, look, size=spec.input_size) for photo in photos]
        found = self._localize(
            tile
            for photo, tiling in zip(photos, tilings, strict=True)
            for tile in tiling.cut(photo.image, pad_color=spec.pad_color)
        )
        return [
            Detections(*tiling.gather(islice(found, len(tiling.corners)))).inside(
                photo.size_wh, threshold=spec.threshold
            )
            for photo, tiling in zip(photos, tilings, strict=True)
        ]

    def _look_turned(self, photos: Sequence[Photo], turns: Sequence[int]) -> list[Detections]:
        """What the turn shows of each photo that is surest of a face."""
        found = self._localize(turn(photo.square, by) for photo in photos for by in turns)
        return [
            surest([self._seen(photo, *next(found), turned_by=by) for by in turns])
            for photo in photos
        ]

    def _seen(
        self, photo: Photo, boxes: Boxes, probabilities: Probabilities, *, turned_by: int = 0
    ) -> Detections:
        """What was found in the photo's square, turned by so many degrees."""
        upright = photo.transform.invert(turn_back(boxes, turned_by))
        seen = Detections(upright, probabilities, turned_by)
        return seen.inside(photo.size_wh, threshold=self.spec.threshold)

    def _localize(self, squares: Iterable[Image]) -> Iterator[tuple[Boxes, Probabilities]]:
        squares = iter(squares)
        while batch := [*islice(squares, SQUARES_A_RUN)]:
            yield from self.localize(np.stack(batch))


def deserves_another(first: Detections, size_wh: tuple[int, int], spec: LocalizerSpec) -> bool:
    """Whether a closer look may show more of a photo of `size_wh` pixels than `first`.

    It must be larger than the first look's square, and nothing was found, or many, or a face that
    was small there (the square root of its area).
    """
    look = spec.look_again
    if not look or max(size_wh) <= spec.input_size:
        return False
    count = len(first.boxes_xyxy)
    if count == 0 or count >= look.many_faces:
        return True
    areas = np.prod(first.boxes_xyxy[:, 2:] - first.boxes_xyxy[:, :2], axis=1)
    smallest = float(np.sqrt(areas.min())) / max(size_wh)  # of the longer side, as of the square's
    return smallest < look.small_face


def merge(looks: Sequence[Detections], spec: LocalizerSpec) -> Detections:
    """What several looks at an upright photo found, each face once; the surest that are allowed."""
    boxes = np.concatenate([look.boxes_xyxy for look in looks])
    probabilities = np.concatenate([look.face_probabilities for look in looks])
    max_iou = spec.detection.max_iou if spec.detection else 1.0
    kept = suppress(boxes, probabilities, threshold=0, max_iou=max_iou)[: spec.max_faces]
    return Detections(boxes[kept], probabilities[kept])


def surest(looks: Sequence[Detections]) -> Detections:
    """The look that is surest of a face."""
    return max(looks, key=lambda look: float(look.face_probabilities.max(initial=0)))


def turn(square: Image, degrees: int) -> Image:
    """`square` turned clockwise by quarter turns."""
    return np.rot90(square, -degrees // 90)


def turn_back(boxes_rel_xyxy: Boxes, degrees: int) -> Boxes:
    """Where boxes (N, 4) of a square that was turned clockwise were before."""
    boxes = boxes_rel_xyxy
    for _ in range(degrees // 90):
        left, top, right, bottom = boxes.T
        boxes = np.stack([top, 1 - right, bottom, 1 - left], axis=1)
    return boxes
