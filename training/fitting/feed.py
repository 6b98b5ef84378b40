"""Batches as Keras takes them."""

from typing import Any

import keras

from training.fitting.loader import MakeBatch


class Feed(keras.utils.PyDataset):
    """The batches of one epoch after another, of pictures and targets; set `epoch` before each."""

    def __init__(self, make: MakeBatch, *, steps: int) -> None:
        super().__init__(workers=1, max_queue_size=4)
        self.epoch = 0
        self._make = make
        self._steps = steps
        self._last: tuple[tuple[int, int], Any] | None = None

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, batch: int) -> tuple[dict[str, Any], Any]:
        key = self.epoch, batch
        if self._last is None or self._last[0] != key:  # Keras asks twice for the first
            images, targets = self._make(*key)
            self._last = key, ({"image": images}, targets)
        return self._last[1]
