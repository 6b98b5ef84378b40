"""The cut between the two labels: the median of ordinary adults, whom nobody rated.

The panel's photos are mostly of models, so that of other people only every seventh exceeds one
half.
"""

import keras
import numpy as np
import numpy.typing as npt

from training.classifier.groups import are_adults
from training.classifier.views import BATCH_SIZE, served
from training.dataset.prepared import Split


def ordinary_probabilities(model: keras.Model, split: Split) -> npt.NDArray[np.float32]:
    """What the network says of the split's reference faces of adults, as served, (M,)."""
    crops = reference_crops(split, size=model.inputs[0].shape[1])
    if not len(crops):
        return np.empty(0, np.float32)
    said = model.predict({"image": crops}, batch_size=BATCH_SIZE, verbose=0)
    return np.asarray(said["probability"])[:, 0]


def reference_crops(split: Split, *, size: int) -> npt.NDArray[np.uint8]:
    """The reference faces of adults as the service would crop them (M, size, size, 3)."""
    rows = np.flatnonzero(are_adults(split.referred))
    if split.references.shape[1] == size:  # a validation split
        return np.asarray(split.references[rows])
    shown = served(split.references[rows], split.reference_windows[rows], size=size)
    return np.array(list(shown), np.uint8).reshape(-1, size, size, 3)
