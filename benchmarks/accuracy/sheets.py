"""Contact sheets of where a detector is wrong: the largest faces it misses, its surest false ones.

They show people: they are written where they were asked for, never into the repository.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.accuracy.answers import Answers
from inference_api.vision.boxes import Box, iou
from inference_api.vision.images import decode, encode
from inference_api.vision.letterbox import Image, letterbox
from training.dataset.matching import MATCH_IOU, MIN_CROWD_FACE
from training.dataset.sources import Photo

WORST, COLUMNS, CELL = 24, 6, 240  # faces on a sheet, in a row; pixels of a side
AROUND = 1.5  # of the box's sides, shown around it
FACE, FOUND = (46, 204, 64), (255, 65, 54)  # RGB


@dataclass(frozen=True, slots=True)
class Mistake:
    """A face that was missed, or a box that is none; how_bad sorts them, the worst first."""

    photo: Path
    box: Box
    how_bad: float
    caption: str


def misses(answers: Answers, photos: Sequence[Photo]) -> list[Mistake]:
    """The faces of MIN_CROWD_FACE pixels and more that no box above the threshold covers.

    The larger the worse: a small face may be missed, a large one is seen by everybody.
    """
    return _worst(_misses(answers, photos))


def false_faces(answers: Answers, photos: Sequence[Photo]) -> list[Mistake]:
    """Boxes above the threshold that cover no labelled face, the surest first."""
    return _worst(_false_faces(answers, photos))


def write_sheet(mistakes: Sequence[Mistake], answers: Answers, path: Path) -> None:
    """A JPEG with a cell for each mistake: the box green, what the detector says red."""
    cells = [_cell(mistake, answers) for mistake in mistakes]
    cells += [np.full((CELL, CELL, 3), 255, np.uint8)] * (-len(cells) % COLUMNS)
    rows = [
        np.concatenate(cells[at : at + COLUMNS], axis=1) for at in range(0, len(cells), COLUMNS)
    ]
    if rows:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(np.concatenate(rows), image_format="JPEG"))


def _worst(mistakes: Iterator[Mistake]) -> list[Mistake]:
    return sorted(mistakes, key=lambda mistake: mistake.how_bad, reverse=True)[:WORST]


def _misses(answers: Answers, photos: Sequence[Photo]) -> Iterator[Mistake]:
    for photo in photos:
        found = _called(answers, photo.path)
        for corners in photo.boxes_xyxy or ():
            box = Box(*corners)
            side = min(box.width, box.height)
            if side >= MIN_CROWD_FACE and _overlap(corners, found) < MATCH_IOU:
                yield Mistake(photo.path, box, side, f"{side:.0f} px")


def _false_faces(answers: Answers, photos: Sequence[Photo]) -> Iterator[Mistake]:
    for photo in photos:
        answer = answers.by_photo[photo.path]
        faces = np.array([*(photo.boxes_xyxy or ()), *photo.ignored_xyxy], np.float32)
        for corners, score in zip(answer.boxes_xyxy, answer.scores, strict=True):
            sure = score >= answers.about.threshold
            if sure and _overlap(corners, faces.reshape(-1, 4)) < MATCH_IOU:
                yield Mistake(photo.path, Box(*corners), score, f"{score:.2f}")


def _called(answers: Answers, photo: Path) -> np.ndarray:
    """What the detector calls faces in a photo: xyxy (K, 4)."""
    answer = answers.by_photo[photo]
    sure = np.array(answer.scores, np.float32) >= answers.about.threshold
    return np.array(answer.boxes_xyxy, np.float32).reshape(-1, 4)[sure]


def _overlap(corners: Sequence[float], boxes: np.ndarray) -> float:
    return float(iou(np.array([corners], np.float32), boxes).max(initial=0.0))


def _cell(mistake: Mistake, answers: Answers) -> Image:
    """The box in its surroundings, letterboxed."""
    image = decode(mistake.photo.read_bytes()).copy()
    line = max(1, round(max(image.shape[:2]) / 300))
    for corners in _called(answers, mistake.photo):
        _frame(image, Box(*corners.tolist()), FOUND, line)
    _frame(image, mistake.box, FACE, line)
    size_wh = image.shape[1], image.shape[0]
    seen = mistake.box.expand(AROUND).square().clip(size_wh)
    left, top, right, bottom = (round(v) for v in (seen.left, seen.top, seen.right, seen.bottom))
    cell, _ = letterbox(image[top : max(bottom, top + 1), left : max(right, left + 1)], size=CELL)
    cell = np.ascontiguousarray(cell)
    cv2.putText(cell, mistake.caption, (6, CELL - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.5, FACE, 1)
    return cell


def _frame(image: Image, box: Box, color: tuple[int, int, int], line: int) -> None:
    corners = (round(box.left), round(box.top)), (round(box.right), round(box.bottom))
    cv2.rectangle(image, *corners, color, line)
