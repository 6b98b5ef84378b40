"""Face crops as the classifier's batches.

Every random choice of a batch comes from (seed, epoch, batch), as in `training.data`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training.architectures import INPUT_SIZE
from training.augment import CropSampler
from training.data import Draws, Floats, Split
from training.targets import ScoreScale, target_probability

RATED_WEIGHT = 2.0  # how much more often a rated face is drawn than one that is only described


class ClassifierBatches(keras.utils.PyDataset):
    """Augmented face crops → what each output should say, and how much that counts.

    targets: by output, float32 (N, D), NaN rows where it is not known: they weigh nothing.
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
        self.targets: dict[str, Floats] = {
            name: np.nan_to_num(values) for name, values in targets.items()
        }
        self.known: dict[str, Floats] = {
            name: np.asarray(~np.isnan(values).any(axis=1), np.float32)
            for name, values in targets.items()
        }
        self.draws = draws
        self.epoch = 0
        self.weights = weights / weights.sum()

    def __len__(self) -> int:
        return self.draws.steps

    def __getitem__(self, batch: int) -> tuple[Any, Any, Any]:
        rng = self.draws.rng(self.epoch, batch)
        rows = rng.choice(len(self.weights), self.draws.batch_size, p=self.weights)
        images = np.stack([self.sampler.sample(rng, int(row)) for row in rows])
        targets = {name: values[rows] for name, values in self.targets.items()}
        known = {name: values[rows] for name, values in self.known.items()}
        return {"image": images}, targets, known


def rated_batches(
    split: Split, scales: Mapping[str, ScoreScale], *, upper: str, draws: Draws
) -> ClassifierBatches:
    """The crops that people rated or sorted, with what they said."""
    said = [[target_probability(record, dict(scales), upper)] for record in split.rated]
    sampler = CropSampler(split.crops, split.crop_windows, size=INPUT_SIZE)
    targets = {"probability": np.array(said, np.float32)}
    return ClassifierBatches(sampler, targets, split.crop_weights, draws)


def described_batches(
    rated: ClassifierBatches, splits: Sequence[Split], teacher: Path
) -> ClassifierBatches:
    """The rated crops and those of faces that nobody rated, each with its teacher's description.

    splits: where the rated crops are from, then where the others are. Descriptions, as
    `training.teacher` writes them, are brought to mean 0 and deviation 1 in each number.
    """
    crops = np.concatenate([split.crops for split in splits])
    windows = np.concatenate([split.crop_windows for split in splits])
    descriptions = _descriptions(splits, teacher)
    probability = np.full((len(crops), 1), np.nan, np.float32)
    n_rated = len(rated.weights)
    probability[:n_rated] = rated.targets["probability"]
    weights = np.concatenate([split.crop_weights for split in splits])
    weights[:n_rated] *= RATED_WEIGHT
    targets = {"probability": probability, "description": descriptions}
    sampler = CropSampler(crops, windows, size=INPUT_SIZE)
    return ClassifierBatches(sampler, targets, weights, rated.draws)


def _descriptions(splits: Sequence[Split], teacher: Path) -> Floats:
    """float32 (N, D) for all crops of the splits in their order, NaN where there is none."""
    with np.load(teacher) as file:
        by_name = dict(zip(file["names"].tolist(), file["descriptions"], strict=True))
        width = file["descriptions"].shape[1]
    unknown = np.full(width, np.nan, np.float32)
    rows = [
        by_name.get(f"{record['dataset']}/{record['source']}", unknown)
        for split in splits
        for record in split.rated
    ]
    values = np.array(rows, np.float32)
    return np.asarray((values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0), np.float32)
