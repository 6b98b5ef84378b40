"""Validation photos in three kinds, and what a detector's answers for them are worth."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import inf, nan
from pathlib import Path

import numpy as np

from benchmarks.accuracy.answers import Answers
from training.dataset.matching import MATCH_IOU, MIN_CROWD_FACE
from training.dataset.sources import Photo, read_source
from training.detector.metrics import Found, Matches, Truth, match
from training.release.bootstrap import Rows, interval

TINIEST = 10.0  # of the figure that takes small faces in
SIZES = ((MIN_CROWD_FACE, 48.0), (48.0, 96.0), (96.0, inf))  # of the shorter side, pixels
EXACT_IOU = 0.75
TOGETHER = "together"
NO_CATEGORIES = ("no such folder", "no such folder")  # photos with boxes, not class folders


@dataclass(frozen=True, slots=True)
class Validation:
    """Photos to compare detectors on.

    single: one face. several: by data set, any number of faces. negatives: no face.
    """

    single: Sequence[Photo]
    several: Mapping[str, Sequence[Photo]]
    negatives: Sequence[Photo]

    @property
    def paths(self) -> list[Path]:
        """All photos, each once."""
        return [*self.paths_of_few, *self.paths_of_several]

    @property
    def paths_of_few(self) -> list[Path]:
        """The photos of one face and of none."""
        return [photo.path for photo in chain(self.single, self.negatives)]

    @property
    def paths_of_several(self) -> list[Path]:
        """The photos of the sets with several faces."""
        return [photo.path for photo in chain(*self.several.values())]


@dataclass(frozen=True, slots=True)
class Several:
    """Photos of several faces: what is found at the detector's own threshold and at any.

    average_precision_interval: 95 %, over photos. average_precision_tiny: with faces from TINIEST
    pixels on. average_precision_exact: at an IoU of EXACT_IOU. recall_by_size: of each of SIZES.
    """

    matches: Matches
    average_precision_interval: tuple[float, float]
    precision: float
    recall: float
    average_precision_tiny: float
    average_precision_exact: float
    recall_by_size: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a detector's answers are worth; of single faces, of no face, and by data set."""

    recall: float
    mean_iou: float
    false_per_1000: float
    several: Mapping[str, Several]

    @property
    def all_several(self) -> Several | None:
        """Of all photos of several faces; None where there is none."""
        return self.several.get(TOGETHER) or next(iter(self.several.values()), None)


def read_validation(folders: Iterable[Path], *, fold: int) -> Validation:
    """The folders' photos of a fold, and those that belong to none.

    A data set with more than one face in any photo is one of several faces, with all its photos.
    What cannot be read or was never boxed is left out.
    """
    datasets: dict[str, list[Photo]] = defaultdict(list)
    for folder in folders:
        for photo in read_source(folder, categories=NO_CATEGORIES):
            if isinstance(photo, Photo) and photo.fold in (fold, None):
                datasets[photo.dataset].append(photo)
    several = {name: photos for name, photos in datasets.items() if _has_several(photos)}
    others = [photo for name in datasets if name not in several for photo in datasets[name]]
    return Validation(
        [photo for photo in others if photo.boxes_xyxy],
        several,
        [photo for photo in others if photo.boxes_xyxy == ()],
    )


def figures_of(answers: Answers, validation: Validation) -> Figures:
    """Every figure of one detector; nan for a kind of which there is no photo."""
    threshold = answers.about.threshold
    single = _pool(_matches(answers, validation.single, smallest=0))
    false = _pool(_matches(answers, validation.negatives, smallest=0)).probabilities >= threshold
    by_dataset = {**validation.several}
    if len(by_dataset) > 1:
        by_dataset[TOGETHER] = [*chain(*validation.several.values())]
    return Figures(
        recall=single.precision_recall(threshold=threshold)[1] if single.n_faces else nan,
        mean_iou=single.mean_iou(threshold=threshold) if single.n_faces else nan,
        false_per_1000=1000 * int(false.sum()) / count
        if (count := len(validation.negatives))
        else nan,
        several={name: _several(answers, photos) for name, photos in by_dataset.items()},
    )


def _several(answers: Answers, photos: Sequence[Photo]) -> Several:
    by_photo = _matches(answers, photos, smallest=MIN_CROWD_FACE)

    def average_precision(rows: Rows) -> float:
        return _pool([by_photo[row] for row in rows]).average_precision

    threshold, matches = answers.about.threshold, _pool(by_photo)
    precision, recall = matches.precision_recall(threshold=threshold)
    tiny = _matches(answers, photos, smallest=TINIEST)
    exact = _matches(answers, photos, smallest=MIN_CROWD_FACE, min_iou=EXACT_IOU)
    sized = [_matches(answers, photos, smallest=low, largest=high) for low, high in SIZES]
    return Several(
        matches,
        interval(average_precision, len(photos)),
        precision,
        recall,
        average_precision_tiny=_pool(tiny).average_precision,
        average_precision_exact=_pool(exact).average_precision,
        recall_by_size=tuple(
            _pool(each).precision_recall(threshold=threshold)[1] for each in sized
        ),
    )


def _has_several(photos: Iterable[Photo]) -> bool:
    return any(len(photo.boxes_xyxy or ()) > 1 for photo in photos)


def _matches(
    answers: Answers,
    photos: Iterable[Photo],
    *,
    smallest: float,
    largest: float = inf,
    min_iou: float = MATCH_IOU,
) -> list[Matches]:
    """Detections matched to faces, one entry a photo."""
    return [
        match([_found(answers, photo)], [_truth(photo, smallest, largest)], min_iou=min_iou)
        for photo in photos
    ]


def _found(answers: Answers, photo: Photo) -> Found:
    answer = answers.by_photo[photo.path]
    boxes = np.array(answer.boxes_xyxy, np.float32).reshape(-1, 4)
    return Found(boxes, np.array(answer.scores, np.float32))


def _truth(photo: Photo, smallest: float, largest: float) -> Truth:
    """The faces of these sizes; all others, and what nobody judged, neither count nor cost."""
    boxes = np.array(photo.boxes_xyxy, np.float32).reshape(-1, 4)
    sides = (boxes[:, 2:] - boxes[:, :2]).min(axis=1, initial=np.inf)
    counts = (sides >= smallest) & (sides < largest)
    ignored = np.array(photo.ignored_xyxy, np.float32).reshape(-1, 4)
    return Truth(boxes[counts], np.concatenate([boxes[~counts], ignored]))


def _pool(parts: Sequence[Matches]) -> Matches:
    """The matches of several photos as those of one, the most probable first."""
    probabilities = np.concatenate(
        [np.empty(0, np.float32), *(each.probabilities for each in parts)]
    )
    ious = np.concatenate([np.empty(0, np.float32), *(each.ious for each in parts)])
    order = np.argsort(-probabilities, kind="stable")
    return Matches(probabilities[order], ious[order], sum(each.n_faces for each in parts))
