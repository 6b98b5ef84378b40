"""How a detector does on the validation photos: single faces, several faces, no face."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import suppress
from inference_api.vision.letterbox import Image, LetterboxTransform
from training.dataset.kinds import CROWDS
from training.dataset.matching import MIN_CROWD_FACE
from training.dataset.prepared import Split
from training.detector.metrics import Floats, Found, Matches, Truth, match

FACE_THRESHOLD, MAX_IOU = 0.5, 0.45
LEAST_PROBABILITY = 0.02  # of what counts for average precision
Predict = Callable[[Image], tuple[Floats, Floats]]
"""uint8 (N, S, S, 3) → boxes_rel_xyxy (N, K, 4) and probabilities (N, K)."""


class DetectorValidation:
    """The three kinds of validation photos, and what is measured on them."""

    def __init__(
        self, split: Split, *, without: frozenset[str], at_most: int | None = None
    ) -> None:
        self._split = split
        rng = np.random.default_rng(0)
        singles = split.rows(faces=1, without=without | CROWDS)
        if at_most is not None:
            singles = rng.permutation(singles)[:at_most]
        self.rows = {
            "single": [int(row) for row in singles],
            "crowd": [r for r, record in enumerate(split.records) if record["dataset"] in CROWDS],
            "negative": [int(row) for row in split.rows(faces=0)],
        }

    def measure(self, predict: Predict) -> dict[str, float]:
        """Figures of each kind, `single_…`, `crowd_…` and `negative_false_per_1000`."""
        single, crowd, negative = (self.matches(predict, kind) for kind in self.rows)
        _, recall = single.precision_recall(threshold=FACE_THRESHOLD)
        precision, crowd_recall = crowd.precision_recall(threshold=FACE_THRESHOLD)
        false = int((negative.probabilities >= FACE_THRESHOLD).sum())
        return {
            "single_recall": recall,
            "single_mean_iou": single.mean_iou(threshold=FACE_THRESHOLD),
            "crowd_ap": crowd.average_precision,
            "crowd_recall": crowd_recall,
            "crowd_precision": precision,
            "negative_false_per_1000": 1000 * false / max(1, len(self.rows["negative"])),
        }

    def matches(self, predict: Predict, kind: str) -> Matches:
        """Detections matched to faces, over all photos of a kind."""
        rows = self.rows[kind]
        return match(
            found_in(self._split, rows, predict), [truth_of(self._split, row) for row in rows]
        )


def found_in(split: Split, rows: Sequence[int], predict: Predict) -> list[Found]:
    """What the detector finds in these photos, pixels of each photo."""
    results = []
    for start in range(0, len(rows), 32):
        chunk = list(rows[start : start + 32])
        boxes, probabilities = predict(np.asarray(split.photos[chunk]))
        results += [_found(split, *said) for said in zip(chunk, boxes, probabilities, strict=True)]
    return results


def truth_of(split: Split, row: int) -> Truth:
    """What was boxed in the photo of a row; small faces of a crowd are ignored."""
    record, transform = split.records[row], _transform(split, row)
    boxes = transform.invert(record["boxes_rel_xyxy"])
    small = (boxes[:, 2:] - boxes[:, :2]).min(axis=1, initial=np.inf) < MIN_CROWD_FACE
    if record["dataset"] not in CROWDS:
        small[:] = False
    return Truth(boxes[~small], boxes[small])


def _found(split: Split, row: int, boxes: Floats, probabilities: Floats) -> Found:
    kept = suppress(boxes, probabilities, threshold=LEAST_PROBABILITY, max_iou=MAX_IOU)
    width, height = split.records[row]["size_wh"]
    pixels = _transform(split, row).invert(boxes[kept])
    clipped = pixels.clip(0, np.array([width, height, width, height], np.float32))
    return Found(clipped.astype(np.float32), probabilities[kept])


def _transform(split: Split, row: int) -> LetterboxTransform:
    width, height = split.records[row]["size_wh"]
    return LetterboxTransform.fit((width, height), size=split.photos.shape[1])


def as_predict(outputs: Callable[[Image], dict[str, npt.NDArray[np.float32]]]) -> Predict:
    """A network's named outputs as the arrays that are measured."""

    def predict(images: Image) -> tuple[Floats, Floats]:
        said = outputs(images)
        return said["box_rel_xyxy"], said["face_probability"][..., 0]

    return predict
