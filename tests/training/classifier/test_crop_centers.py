"""A crop that happens to be neither shifted nor turned is the served one, to the pixel."""

import numpy as np

from training.classifier.augment import CropSampler

STORED, SIZE = 96, 48
SEEDS = 200  # of changes of color; about a tenth change nothing


class Unmoved:
    """No shift, no turn, no scaling, no mirroring; the colors by a seed."""

    def __init__(self, seed):
        self.seed = seed

    def normal(self, mean, deviation, count=None):
        return mean if count is None else np.full(count, mean, float)

    def random(self):
        return 0.9

    def integers(self, _):
        return self.seed


def test_the_middle_of_the_window_is_the_middle_of_the_sample():
    crop = np.random.default_rng(0).integers(0, 256, (STORED, STORED, 3), np.uint8)
    window = np.array([[0.25, 0.125, 0.75, 0.625]], np.float32)
    sampler = CropSampler(crop[None], window, size=SIZE)
    served = crop[12:60, 24:72]
    samples = (sampler.sample(Unmoved(seed), 0) for seed in range(SEEDS))
    assert any(np.array_equal(sample, served) for sample in samples)
