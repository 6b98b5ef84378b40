"""Random changes to training photos, so that a network sees more than was photographed.

`original` is the pipeline that this network is usually trained with, kept to compare against:
a random crop, both flips, brightness, gamma and RGB shift on the whole photo. `default` also
moves and scales: it puts the photo, or a part of it that holds the face, onto a photo without
one, so that "always the middle" cannot win. `CompositeSampler` does the placing in NumPy and
OpenCV; what changes colors and sharpness comes from Albumentations.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import albumentations as A
import cv2
import numpy as np

from inference_api.vision.boxes import Box
from inference_api.vision.letterbox import GREY, Image, letterbox
from training.dataset.photometric import photometric_pipeline

ROTATION_DEG = 20
FACE_SIDE_MIN, FACE_SIDE_MAX = 0.07, 0.95  # of the picture's side
P_AS_SERVED, P_COMPOSED = 0.25, 0.45  # the rest of the samples holds no face
SMALL_BIAS = 1.4  # of the exponent: two thirds of the composed faces are under 0.3 of the side
MAX_CUT = 0.15  # of a face's side may lie outside the picture


@dataclass(frozen=True, slots=True)
class Sample:
    """One augmented photo: uint8 RGB (size, size, 3) and the face's xyxy box, if it has one."""

    image: Image
    box: Box | None


def original_pipeline(*, size: int, seed: int | None = None) -> A.Compose:
    """The pipeline of the well-known notebook, boxes kept right by Albumentations."""
    crop = int(size * 0.9)
    return A.Compose(
        [
            A.RandomCrop(crop, crop),
            A.HorizontalFlip(p=0.5),
            A.RandomBrightnessContrast(p=0.2),
            A.RandomGamma(p=0.2),
            A.RGBShift(p=0.2),
            A.VerticalFlip(p=0.5),
            A.Resize(size, size, interpolation=cv2.INTER_AREA),
        ],
        bbox_params=A.BboxParams("albumentations", label_fields=["labels"], clip=True),
        seed=seed,
    )


class FaceSampler(Protocol):
    """Makes training samples of `size` pixels from photos with one face and with none."""

    size: int

    def sample(self, rng: np.random.Generator, face: int) -> Sample:
        """One sample; `face` is the row of the photo to use where one is used."""


class OriginalSampler:
    """Whole photos through the original pipeline; a third of the samples holds no face."""

    def __init__(
        self, faces: list[tuple[Image, Box]], backgrounds: list[Image], *, size: int
    ) -> None:
        self.faces = faces
        self.backgrounds = backgrounds
        self.size = size
        self._pipeline = original_pipeline(size=size)

    def sample(self, rng: np.random.Generator, face: int) -> Sample:
        """One sample; a crop that cuts the face off makes it a sample without one."""
        no_face = rng.random() < 1 / 3
        background = self.backgrounds[rng.integers(len(self.backgrounds))]
        image, box = (background, None) if no_face else self.faces[face]
        square, transform = letterbox(image, size=self.size)
        boxes = [] if box is None else transform.apply(box.as_array()).clip(0, 1).tolist()
        self._pipeline.set_random_seed(int(rng.integers(2**31)))
        result = self._pipeline(image=square, bboxes=boxes, labels=[0] * len(boxes))
        if not len(result["bboxes"]):
            return Sample(result["image"], None)
        left, top, right, bottom = (float(v) * self.size for v in result["bboxes"][0][:4])
        return Sample(result["image"], Box(left, top, right, bottom))


class CompositeSampler:
    """Makes one sample after another from photos with a face and photos without.

    faces: (image, box) pairs, the image cut to its content without letterbox padding.
    backgrounds: photos without a face.
    """

    def __init__(
        self, faces: list[tuple[Image, Box]], backgrounds: list[Image], *, size: int
    ) -> None:
        self.faces = faces
        self.backgrounds = backgrounds
        self.size = size
        self._photometric = photometric_pipeline()

    def sample(self, rng: np.random.Generator, face: int) -> Sample:
        """One sample; `face` is the row of the photo to use where one is used."""
        kind = rng.random()
        if kind < P_AS_SERVED:
            sample = self._as_served(rng, face)
        elif kind < P_AS_SERVED + P_COMPOSED:
            sample = self._composed(rng, face)
        else:
            sample = self._without_face(rng, face)
        self._photometric.set_random_seed(int(rng.integers(2**31)))
        return Sample(self._photometric(image=sample.image)["image"], sample.box)

    def _as_served(self, rng: np.random.Generator, face: int) -> Sample:
        """The whole photo about where letterboxing puts it, a little moved and scaled."""
        image, box = _turn_and_flip(rng, *self.faces[face])
        height, width = image.shape[:2]
        scale = self.size / max(height, width) * rng.uniform(0.8, 1.25)
        image, box = _scale(image, box, scale)
        height, width = image.shape[:2]
        jitter = 0.1 * self.size
        left = (self.size - width) / 2 + rng.uniform(-jitter, jitter)
        top = (self.size - height) / 2 + rng.uniform(-jitter, jitter)
        left = _kept_inside(left, box.left, box.right, self.size)
        top = _kept_inside(top, box.top, box.bottom, self.size)
        canvas = np.full((self.size, self.size, 3), GREY, np.uint8)
        return self._place(canvas, image, box, round(left), round(top))

    def _composed(self, rng: np.random.Generator, face: int) -> Sample:
        """The photo, or its part around the face, anywhere on a background, at any size."""
        image, box = _turn_and_flip(rng, *self.faces[face])
        if rng.random() < 0.5:
            image, box = _cut_around(rng, image, box)
        side = FACE_SIDE_MIN * (FACE_SIDE_MAX / FACE_SIDE_MIN) ** (rng.random() ** SMALL_BIAS)
        scale = side * self.size / max(box.width, box.height)
        image, box = _scale(image, box, scale, aspect=rng.uniform(0.92, 1.09))
        cut_x, cut_y = MAX_CUT * box.width, MAX_CUT * box.height
        face_left = rng.uniform(-cut_x, max(-cut_x, self.size - box.width + cut_x))
        face_top = rng.uniform(-cut_y, max(-cut_y, self.size - box.height + cut_y))
        canvas = self._background(rng)
        return self._place(
            canvas, image, box, round(face_left - box.left), round(face_top - box.top)
        )

    def _without_face(self, rng: np.random.Generator, face: int) -> Sample:
        """A background, half of the time with a faceless patch pasted: seams mean nothing."""
        canvas = self._background(rng)
        if rng.random() < 0.5:
            patch = _faceless_part(rng, *self.faces[face])
            if patch is None or rng.random() < 0.5:
                patch = self._crop_of_background(rng)
            scale = self.size * rng.uniform(0.2, 0.9) / max(patch.shape[:2])
            patch, _ = _scale(patch, Box(0, 0, 1, 1), scale)
            left = rng.integers(-patch.shape[1] // 3, self.size - patch.shape[1] // 2)
            top = rng.integers(-patch.shape[0] // 3, self.size - patch.shape[0] // 2)
            canvas = self._place(canvas, patch, None, int(left), int(top)).image
        return Sample(canvas, None)

    def _background(self, rng: np.random.Generator) -> Image:
        """A photo without a face filling the square: cut, letterboxed or, rarely, one color."""
        if rng.random() < 0.08:
            return np.full((self.size, self.size, 3), rng.integers(0, 256, 3), np.uint8)
        image = self._crop_of_background(rng)
        if rng.random() < 0.5:
            return cv2.resize(image, (self.size, self.size), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]
        scaled, _ = _scale(image, Box(0, 0, 1, 1), self.size / max(image.shape[:2]))
        canvas = np.full((self.size, self.size, 3), GREY, np.uint8)
        left, top = (self.size - scaled.shape[1]) // 2, (self.size - scaled.shape[0]) // 2
        return self._place(canvas, scaled, None, left, top).image

    def _crop_of_background(self, rng: np.random.Generator) -> Image:
        image = self.backgrounds[rng.integers(len(self.backgrounds))]
        if rng.random() < 0.5:
            image = image[:, ::-1]
        if rng.random() < 0.6:
            height, width = image.shape[:2]
            w, h = (max(8, int(side * rng.uniform(0.35, 1))) for side in (width, height))
            left, top = rng.integers(0, width - w + 1), rng.integers(0, height - h + 1)
            image = image[top : top + h, left : left + w]
        return image

    def _place(self, canvas: Image, image: Image, box: Box | None, left: int, top: int) -> Sample:
        """Paste `image` onto `canvas` at an offset that may be negative; the box moves along."""
        height, width = image.shape[:2]
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(self.size, left + width), min(self.size, top + height)
        if x1 > x0 and y1 > y0:
            canvas[y0:y1, x0:x1] = image[y0 - top : y1 - top, x0 - left : x1 - left]
        if box is None:
            return Sample(canvas, None)
        moved = Box(box.left + left, box.top + top, box.right + left, box.bottom + top)
        return Sample(canvas, moved.clip((self.size, self.size)))


def _kept_inside(offset: float, start: float, end: float, size: int) -> float:
    """The offset nearest to `offset` that leaves no more than MAX_CUT of the face outside."""
    cut = MAX_CUT * (end - start)
    low, high = sorted((-cut - start, size + cut - end))
    return min(max(offset, low), high)


def _turn_and_flip(rng: np.random.Generator, image: Image, box: Box) -> tuple[Image, Box]:
    """Mirror half of the photos and turn a third of them by up to ROTATION_DEG."""
    height, width = image.shape[:2]
    if rng.random() < 0.5:
        image, box = image[:, ::-1], Box(width - box.right, box.top, width - box.left, box.bottom)
    if rng.random() >= 0.35:
        return image, box
    degrees = rng.uniform(-ROTATION_DEG, ROTATION_DEG)
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    matrix = cv2.getRotationMatrix2D((x, y), degrees, 1.0)
    border = cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_CONSTANT
    turned = cv2.warpAffine(image, matrix, (width, height), borderMode=border, borderValue=GREY)
    # A face is nearer to an ellipse than to its box: the bounds of the turned ellipse.
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    half_w = math.hypot(box.width / 2 * cos, box.height / 2 * sin)
    half_h = math.hypot(box.width / 2 * sin, box.height / 2 * cos)
    return turned, Box(x - half_w, y - half_h, x + half_w, y + half_h).clip((width, height))  # type: ignore[return-value]


def _cut_around(rng: np.random.Generator, image: Image, box: Box) -> tuple[Image, Box]:
    """A random part of the photo that holds the whole face."""
    height, width = image.shape[:2]
    left, top = int(rng.uniform(0, box.left)), int(rng.uniform(0, box.top))
    right = math.ceil(rng.uniform(min(box.right, width - 1), width))
    bottom = math.ceil(rng.uniform(min(box.bottom, height - 1), height))
    moved = Box(box.left - left, box.top - top, box.right - left, box.bottom - top)
    return image[top:bottom, left:right], moved


def _faceless_part(rng: np.random.Generator, image: Image, box: Box) -> Image | None:
    """The strip beside, above or below the face; None where it is too thin to show anything."""
    height, width = image.shape[:2]
    left, top, right, bottom = (int(v) for v in (box.left, box.top, box.right, box.bottom))
    strips = [image[:, :left], image[:, right:], image[:top], image[bottom:]]
    wide = [s for s in strips if min(s.shape[:2]) >= 0.12 * max(height, width)]
    return wide[rng.integers(len(wide))] if wide else None


def _scale(image: Image, box: Box, scale: float, *, aspect: float = 1.0) -> tuple[Image, Box]:
    height, width = image.shape[:2]
    size_wh = max(1, round(width * scale * aspect)), max(1, round(height * scale / aspect))
    filter_ = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(image, size_wh, interpolation=filter_)
    x, y = size_wh[0] / width, size_wh[1] / height
    return scaled, Box(box.left * x, box.top * y, box.right * x, box.bottom * y)  # type: ignore[return-value]
