"""Batches from other processes are those that this one would make, and come without Keras."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from training.fitting.loader import Loader

ROOT = Path(__file__).parents[3]
COMMAND = """
import os
import keras
import numpy as np
from training.dataset.draws import Draws
from training.detector.batches import DetectorBatches
from training.detector.mosaic import Labelled, MosaicSampler
from training.fitting.loader import Loader

def main():
    grey, box = np.full((40, 40, 3), 99, np.uint8), np.array([[9, 9, 30, 30]], np.float32)
    sampler = MosaicSampler([Labelled(grey, box)], np.ones(1, np.float32), [grey], size=64)
    batches = DetectorBatches(sampler, Draws(2, 3, 0))
    with Loader(batches, steps=3, processes=1) as loader:
        for batch in range(3):
            for one, other in zip(loader(0, batch), batches(0, batch), strict=True):
                np.testing.assert_array_equal(one, other)
        names = loader._pool.submit(loaded).result()
    print(sorted({"keras", "tensorflow", "jax", "torch", "albumentations"} & names))

if __name__ == "__main__":
    from tests.training.fitting.test_loader import loaded
    main()
"""


def loaded():
    return set(sys.modules)


@dataclass
class Numbered:
    photos: np.ndarray

    def __call__(self, epoch, batch):
        if (epoch, batch) == (9, 9):
            raise ValueError("no such batch")
        return self.photos[batch] + epoch, {"where": type(self.photos).__name__}


@pytest.fixture
def photos(tmp_path):
    np.save(tmp_path / "photos.npy", np.arange(24).reshape(4, 3, 2).astype(np.uint8))
    return np.load(tmp_path / "photos.npy", mmap_mode="r")


def test_batches_come_in_order_over_epochs_and_may_be_written_to(photos):
    with Loader(Numbered(photos[1:]), steps=3, processes=2) as loader:
        for epoch in range(2):
            for batch in range(3):
                values, _ = loader(epoch, batch)
                np.testing.assert_array_equal(values, photos[batch + 1] + epoch)
                values += 1
        folder = Path(loader._folder.name)
    assert not folder.exists()


def test_what_a_batch_raises_is_raised_here(photos):
    with (
        Loader(Numbered(photos), steps=10, processes=1) as loader,
        pytest.raises(ValueError, match="no such batch"),
    ):
        loader(9, 9)


def test_a_process_for_batches_imports_neither_keras_nor_the_command(tmp_path):
    command = tmp_path / "command.py"
    command.write_text(COMMAND)

    done = subprocess.run(
        [sys.executable, command], cwd=ROOT, env={"PYTHONPATH": str(ROOT), "KERAS_BACKEND":
        "tensorflow"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
