"""Face crops as the classifier's batches.

Every random choice of a batch comes from (seed, epoch, batch), as in `training.dataset.draws`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from training.classifier.augment import CropSampler
from training.classifier.targets import ScoreScale, target_probability
from training.dataset.draws import Draws, Floats
from training.dataset.prepared import Split


class ClassifierBatches(keras.utils.PyDataset):
    """Augmented face crops → what each output should say; drawn in proportion to `weights` (N,).

    targets: by output, float32 (N, D).
    """

    def __init__(
        self,
        sampler: CropSampler,
        targets: Mapping[str, Floats],
        weights: Floats,
        draws: Draws,
    ) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self.sampler = sampler
        self.targets = targets
        self.draws = draws
        self.epoch = 0
        self.weights = weights / weights.sum()

    def __len__(self) -> int:
        return self.draws.steps

    def __getitem__(self, batch: int) -> tuple[Any, Any]:
        rng = self.draws.rng(self.epoch, batch)
        rows = rng.choice(len(self.weights), self.draws.batch_size, p=self.weights)
        images = np.stack([self.sampler.sample(rng, int(row)) for row in rows])
        return {"image": images}, {name: values[rows] for name, values in self.targets.items()}


def rated_batches(
    split: Split, targets: Mapping[str, Floats], *, size: int, draws: Draws
) -> ClassifierBatches:
    """The crops that people rated or sorted, of `size` pixels, with their targets."""
    sampler = CropSampler(split.crops, split.crop_windows, size=size)
    return ClassifierBatches(sampler, targets, split.crop_weights, draws)


def probability_targets(
    split: Split, scales: Mapping[str, ScoreScale], *, upper: str
) -> dict[str, Floats]:
    """What people said of each crop: `probability` float32 (N, 1)."""
    said = [[target_probability(record, dict(scales), upper)] for record in split.rated]
    return {"probability": np.array(said, np.float32)}


def panel_targets(split: Split, probability: Floats, panels: Sequence[str]) -> dict[str, Floats]:
    """Who said it: `panel` (N, P), 1 for the crop's own data set, and `opinions` (N, P).

    An opinion is the probability (N, 1) for the crop's own panel, NaN for the others, which were
    not asked.
    """
    own = np.array([[record["dataset"] == name for name in panels] for record in split.rated])
    opinions = np.where(own, probability, np.nan).astype(np.float32)
    return {"panel": own.astype(np.float32), "opinions": opinions}
