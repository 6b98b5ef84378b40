"""How a localizer does on the validation photos: as they are, pasted small, and without a face."""

from dataclasses import asdict

import keras
import numpy as np

from training.dataset.errors import UnfitDataError
from training.dataset.kinds import NOT_VALIDATED
from training.dataset.prepared import Split
from training.localizer.metrics import localization, rowwise_iou
from training.localizer.pasted import paste_into_negatives

VALIDATION_PHOTOS = 256  # of each kind in every epoch; `training.evaluate` measures all


class ValidationPhotos:
    """Photos with one face, the same pasted small into negatives, and negatives.

    Raises UnfitDataError when there is no photo of either kind.
    """

    def __init__(self, split: Split, *, seed: int) -> None:
        rng = np.random.default_rng(seed)
        singles = _some(split.rows(faces=1, without=NOT_VALIDATED), rng)
        negatives = _some(split.rows(faces=0), rng)
        if not len(singles) or not len(negatives):
            raise UnfitDataError(
                "the validation split needs photos with one face and photos with none"
            )
        pasted, pasted_boxes = paste_into_negatives(split, singles, seed=seed)
        self.n_singles, self.n_negatives = len(singles), len(negatives)
        self.images = np.concatenate([split.photos[singles], pasted, split.photos[negatives]])
        self.boxes = np.concatenate([split.boxes_rel_xyxy[singles], pasted_boxes])

    def predict(self, model: keras.Model) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Images, true boxes (zeros for a negative), predicted boxes, face probabilities (N,)."""
        predicted = model.predict({"image": self.images}, batch_size=64, verbose=0)
        true = np.concatenate([self.boxes, np.zeros((self.n_negatives, 4), np.float32)])
        return self.images, true, predicted["box_rel_xyxy"], predicted["face_probability"][:, 0]

    def measure(self, model: keras.Model) -> dict[str, float]:
        """`val_…` of whole photos and negatives, `val_pasted_…` of the pasted ones."""
        _, true, boxes, probability = self.predict(model)
        ious, n = rowwise_iou(boxes, true), self.n_singles
        whole = np.r_[0:n, 2 * n : len(ious)]
        figures: dict[str, float] = {}
        for name, rows in (("val", whole), ("val_pasted", np.arange(n, 2 * n))):
            result = localization(
                is_face=rows < 2 * n, face_probability=probability[rows], ious=ious[rows]
            )
            figures |= {f"{name}_{figure}": value for figure, value in asdict(result).items()}
        return figures


def _some(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(rows, min(VALIDATION_PHOTOS, len(rows)), replace=False)
