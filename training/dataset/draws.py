"""How batches are drawn.

Every random choice of a batch comes from (seed, epoch, batch), so a run that is resumed at an
epoch sees the same pixels as one that was never interrupted.
"""

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Draws:
    """How batches are drawn: their size, how many make an epoch, and the seed."""

    batch_size: int
    steps: int
    seed: int

    def rng(self, epoch: int, batch: int) -> np.random.Generator:
        """The randomness of one batch, the same whenever it is made."""
        return np.random.default_rng((self.seed, epoch, batch))


def even_weights(datasets: list[str]) -> Floats:
    """A weight for each photo, so that a data set is drawn by the root of its size.

    The largest set must not decide alone what a face looks like. float32 (N,).
    """
    sizes = Counter(datasets)
    return np.array([1 / math.sqrt(sizes[name]) for name in datasets], np.float32)
