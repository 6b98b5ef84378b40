"""A running mean of a network's weights, which does better than any of its points.

Points of a training lie around a better one (Izmailov et al. 2018, arXiv:1803.05407; Polyak and
Juditsky 1992). Batch normalization's own means are averaged with the rest.
"""

from pathlib import Path

import keras
import numpy as np

KEEP = 0.8  # of the mean in each epoch, once there are enough
FIRST_KEEP = 0.9  # of what a plain mean over the epochs so far would keep: the first are worse


class Averaged:
    """The mean after `n` epochs, beside the checkpoints in a run's folder.

    Each epoch has a file of its own, so that a kill at any moment leaves the one that belongs to
    the last checkpoint.
    """

    def __init__(self, folder: Path, model: keras.Model, *, epochs: int) -> None:
        self._folder = folder
        self.n = epochs
        self.weights = [np.array(weight) for weight in model.get_weights()]
        if epochs:
            with np.load(self._path(epochs)) as saved:
                self.weights = [saved[f"arr_{row}"] for row in range(len(self.weights))]

    def update(self, model: keras.Model) -> None:
        """Take in the network after one more epoch, and write the mean down."""
        keep = np.float32(min(KEEP, FIRST_KEEP * self.n / (self.n + 1)))
        self.n += 1
        pairs = zip(self.weights, model.get_weights(), strict=True)
        self.weights = [keep * mean + (1 - keep) * new for mean, new in pairs]
        np.savez(self._path(self.n), *self.weights)

    def forget_earlier(self) -> None:
        """Remove the files of epochs before the last, once its checkpoint is there."""
        for path in self._folder.glob("averaged-*.npz"):
            if path != self._path(self.n):
                path.unlink()

    def _path(self, epochs: int) -> Path:
        return self._folder / f"averaged-{epochs}.npz"
