"""How a detector does on the validation photos: single faces, several faces, no face."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import suppress
from inference_api.vision.letterbox import Image, LetterboxTransform
from training.dataset.matching import MIN_CROWD_FACE
from training.dataset.prepared import Split
from training.detector.kinds import boxed_by_people, crowd_rows, is_cut_to_face, single_rows
from training.detector.metrics import Floats, Found, Matches, Truth, match

FACE_THRESHOLD, MAX_IOU = 0.5, 0.45
LEAST_PROBABILITY = 0.02  # of what counts for average precision
Predict = Callable[[Image], tuple[Floats, Floats]]
"""uint8 (N, S, S, 3) → boxes_rel_xyxy (N, K, 4) and probabilities (N, K)."""


class DetectorValidation:
    """The three kinds of validation photos, and what is measured on them."""

    def __init__(self, split: Split, *, max_singles: int | None = None) -> None:
        self._split = split
        singles = [row for row in single_rows(split) if not is_cut_to_face(split.records[row])]
        if max_singles is not None:
            rng = np.random.default_rng(0)
            singles = [int(row) for row in rng.permutation(singles)[:max_singles]]
        self.rows = {
            "single": singles,
            "crowd": crowd_rows(split),
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
        results += [
            keep(said, probability, _transform(split, row))
            for row, said, probability in zip(chunk, boxes, probabilities, strict=True)
        ]
    return results


def truth_of(split: Split, row: int) -> Truth:
    """What was boxed in the photo of a row.

    Ignored are its ignored places, and faces under MIN_CROWD_FACE where people drew boxes.
    """
    record, transform = split.records[row], _transform(split, row)
    boxes = transform.invert(record["boxes_rel_xyxy"])
    small = (boxes[:, 2:] - boxes[:, :2]).min(axis=1, initial=np.inf) < MIN_CROWD_FACE
    if not boxed_by_people(record):
        small[:] = False
    ignored = transform.invert(record.get("ignore_rel_xyxy", []))
    return Truth(boxes[~small], np.concatenate([boxes[small], ignored]))


def keep(boxes_rel_xyxy: Floats, probabilities: Floats, transform: LetterboxTransform) -> Found:
    """What is left of the candidates (K, 4) and (K,) of a letterboxed photo, its pixels."""
    kept = suppress(boxes_rel_xyxy, probabilities, threshold=LEAST_PROBABILITY, max_iou=MAX_IOU)
    width, height = transform.image_size_wh
    pixels = transform.invert(boxes_rel_xyxy[kept])
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
