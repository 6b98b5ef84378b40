"""Face crops as the classifier's batches: rated ones, and others to be fair on.

Every random choice of a batch comes from (seed, epoch, batch), as in `training.dataset.draws`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from training.classifier.augment import CropSampler
from training.classifier.groups import are_adults, ethnicity_residuals
from training.classifier.targets import Panel, ScoreScale, target_probability, target_weight
from training.dataset.draws import Draws, Floats
from training.dataset.prepared import Split


@dataclass(frozen=True)
class Faces:
    """Crops to draw from: what the loss is told of each (N, D), and how often to draw it (N,)."""

    sampler: CropSampler
    told: Floats
    weights: Floats

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Any, Floats]:
        """`count` augmented crops, uint8 (count, S, S, 3), and what is told of them."""
        rows = rng.choice(len(self.told), count, p=self.weights / self.weights.sum())
        images = np.stack([self.sampler.sample(rng, int(row)) for row in rows])
        return images, self.told[rows]


class ClassifierBatches(keras.utils.PyDataset):
    """Batches of `draws.batch_size` faces of each kind, one behind the other."""

    def __init__(self, kinds: list[Faces], draws: Draws) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self.kinds = kinds
        self.draws = draws
        self.epoch = 0

    def __len__(self) -> int:
        return self.draws.steps

    def __getitem__(self, batch: int) -> tuple[Any, Any]:
        rng = self.draws.rng(self.epoch, batch)
        drawn = [faces.draw(rng, self.draws.batch_size) for faces in self.kinds]
        images, told = (np.concatenate(each) for each in zip(*drawn, strict=True))
        return {"image": images}, {"probability": told}


def fair_batches(
    split: Split, scales: Mapping[Panel, ScoreScale], *, upper: str, size: int, draws: Draws
) -> ClassifierBatches:
    """Rated crops of `size` pixels and, where there are any, reference faces of adults.

    What is told of each is what `training.fitting.losses.FairCrossEntropy` takes.
    """
    adults = np.flatnonzero(are_adults(split.referred))
    residuals = ethnicity_residuals([split.referred[row] for row in adults])
    told = np.zeros((len(split.rated), 2 + residuals.shape[1]), np.float32)
    told[:, 0] = [target_probability(record, scales, upper) for record in split.rated]
    told[:, 1] = [target_weight(record) for record in split.rated]
    sampler = CropSampler(split.crops, split.crop_windows, size=size)
    kinds = [Faces(sampler, told, split.crop_weights)]
    if len(adults):
        others = CropSampler(split.references[adults], split.reference_windows[adults], size=size)
        silent = np.pad(residuals, ((0, 0), (2, 0))).astype(np.float32)
        kinds.append(Faces(others, silent, np.ones(len(adults), np.float32)))
    return ClassifierBatches(kinds, draws)
