"""From pictures to predictions: localize, crop, classify, for one photo or a micro-batch.

The networks come in through two Protocols, so nothing here knows a runtime. A localizer may
find any number of faces in a photo; all faces of a batch share one call of the classifier. Photos
that deserve it are looked at twice (`vision.looks`).
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import Box, Boxes
from inference_api.vision.labelling import Answer, Opinion, answer
from inference_api.vision.letterbox import Image, LetterboxTransform, crop_square, letterbox
from inference_api.vision.looks import SQUARES_A_RUN, Detections, FaceFinder, turn
from inference_api.vision.spec import ArtifactSpec, ClassifierSpec, LocalizerSpec

LOOK_AGAIN = "look_again"
"""The stage in `timings_ms` that only a photo has that was looked at again."""
Probabilities = npt.NDArray[np.float32]
ImageBatch = npt.NDArray[np.uint8]
"""uint8 RGB (N, S, S, 3)."""


class Found(NamedTuple):
    """A localizer's candidates in one square: boxes_rel_xyxy (K, 4), probabilities (K,)."""

    boxes_rel_xyxy: Boxes
    face_probabilities: Probabilities


class Localizer(Protocol):
    """Finds faces in squares of `spec.input_size` pixels."""

    @property
    def spec(self) -> LocalizerSpec:
        """What the network is and takes."""

    def localize(self, squares: ImageBatch) -> list[Found]:
        """The candidates of each square, whatever their probability; one entry a square."""


class Classifier(Protocol):
    """Sorts face crops of `spec.input_size` pixels into two categories."""

    @property
    def spec(self) -> ClassifierSpec:
        """What the network is and takes."""

    def classify(self, crops: ImageBatch) -> list[Opinion]:
        """What the network says of each of N ≥ 1 crops."""


@dataclass(frozen=True, slots=True)
class Face:
    """One face: its box inside the photo, and what is said of it."""

    box: Box
    face_probability: float
    answer: Answer


@dataclass(frozen=True, slots=True)
class Model:
    """Which released network answered."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was found in one photo of `size_wh` pixels: faces, the largest first.

    max_faces: the most that can be found; of a crowd those that are surest are. timings_ms: by
    stage; for a photo of a micro-batch those of the whole batch, but LOOK_AGAIN, which only the
    photos have that were.
    """

    size_wh: tuple[int, int]
    faces: tuple[Face, ...]
    max_faces: int
    models: tuple[Model, ...]
    timings_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photo and the square that the localizer sees of it.

    image: may be smaller than the photo of `size_wh` pixels, which `transform` leads back to.
    """

    image: Image
    square: Image
    transform: LetterboxTransform

    @property
    def size_wh(self) -> tuple[int, int]:
        """Pixels of the photo as it was sent."""
        return self.transform.image_size_wh

    def crop(self, box: Box, spec: ClassifierSpec) -> Image:
        """What the classifier sees of the face in `box`, pixels of the photo."""
        (width, height), (whole_width, whole_height) = _size_wh(self.image), self.size_wh
        return crop_square(
            self.image,
            box.scale(width / whole_width, height / whole_height),
            margin=spec.crop_margin,
            size=spec.input_size,
            pad_color=spec.pad_color,
        )


class _Candidate(NamedTuple):
    photo: int  # index in the batch
    box: Box
    face_probability: float
    turned_by: int  # degrees clockwise that set the face upright


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A localizer and a classifier, put together.

    slow_first_runs: whether the runtime prepares itself for each batch size when it first sees it.
    """

    localizer: Localizer
    classifier: Classifier
    slow_first_runs: bool = True

    @property
    def models(self) -> tuple[Model, ...]:
        """Name and version of both networks."""
        specs = self.localizer.spec, self.classifier.spec
        return tuple(Model(spec.name, spec.version) for spec in specs)

    @property
    def enough_side(self) -> int:
        """Pixels of a photo's shorter side beyond which neither network sees more.

        A face of an eighth of it still fills the classifier's crop.
        """
        spec = self.localizer.spec
        seen = spec.look_again.long_side if spec.look_again else spec.input_size
        return max(2 * seen, 8 * self.classifier.spec.input_size)

    def prepare(self, image: Image, *, size_wh: tuple[int, int] | None = None) -> Photo:
        """Letterbox `image` (uint8 RGB) for the localizer; needs no runtime.

        size_wh: of the photo, if `image` is a smaller copy of it.
        """
        spec = self.localizer.spec
        square, transform = letterbox(image, size=spec.input_size, pad_color=spec.pad_color)
        return Photo(image, square, replace(transform, image_size_wh=size_wh or _size_wh(image)))

    def predict(self, photos: Sequence[Photo]) -> list[Prediction]:
        """One prediction a photo, in their order. To be called by one thread at a time."""
        if not photos:
            return []
        started = time.perf_counter()
        finder = FaceFinder(self.localizer.localize, self.localizer.spec)
        first = finder.look(photos)
        localized = time.perf_counter()
        second = finder.look_again(photos, first)
        looked = time.perf_counter()
        candidates = [*_candidates(second.get(index, one) for index, one in enumerate(first))]
        faces = self._classify(photos, candidates)
        timings_ms = {
            "localize": (localized - started) * 1000,
            "classify": (time.perf_counter() - looked) * 1000,
        }
        again_ms = {**timings_ms, LOOK_AGAIN: (looked - localized) * 1000}
        most = self.localizer.spec.max_faces
        return [
            Prediction(
                photo.size_wh,
                _largest_first(own),
                most,
                self.models,
                again_ms if index in second else timings_ms,
            )
            for index, (photo, own) in enumerate(zip(photos, faces, strict=True))
        ]

    def warm_up(self, *, max_batch: int) -> float:
        """Run both networks so that no batch of up to `max_batch` is slower than the next.

        Returns the seconds of one more run of a single square and crop.
        """
        most = max(max_batch, SQUARES_A_RUN if self.localizer.spec.look_again else 0)
        for count in range(1 if self.slow_first_runs else most, most + 1):
            self._run_blank(count)
        started = time.perf_counter()
        self._run_blank(1)
        return time.perf_counter() - started

    def _run_blank(self, count: int) -> None:
        self.localizer.localize(_blank(self.localizer.spec, count))
        self.classifier.classify(_blank(self.classifier.spec, count))

    def _classify(
        self, photos: Sequence[Photo], candidates: Sequence[_Candidate]
    ) -> list[list[Face]]:
        """The faces of each photo, each with what is said of it."""
        faces: list[list[Face]] = [[] for _ in photos]
        if not candidates:
            return faces
        spec = self.classifier.spec
        crops = [turn(photos[one.photo].crop(one.box, spec), one.turned_by) for one in candidates]
        opinions = self.classifier.classify(np.stack(crops))
        for one, opinion in zip(candidates, opinions, strict=True):
            said = answer(opinion, spec, side=max(one.box.width, one.box.height))
            faces[one.photo].append(Face(one.box, one.face_probability, said))
        return faces


def _candidates(seen: Iterable[Detections]) -> Iterator[_Candidate]:
    """Every face of every photo."""
    for index, (boxes, probabilities, turned_by) in enumerate(seen):
        for corners, probability in zip(boxes.tolist(), probabilities.tolist(), strict=True):
            yield _Candidate(index, Box(*corners), probability, turned_by)


def _blank(spec: ArtifactSpec, count: int) -> ImageBatch:
    return np.zeros((count, spec.input_size, spec.input_size, 3), np.uint8)


def _largest_first(faces: Sequence[Face]) -> tuple[Face, ...]:
    return tuple(sorted(faces, key=lambda face: face.box.area, reverse=True))


def _size_wh(image: Image) -> tuple[int, int]:
    height, width = image.shape[:2]
    return width, height
