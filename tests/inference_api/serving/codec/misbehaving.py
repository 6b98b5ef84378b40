"""Decoders that do what broken ones do, and renderers; workers load them by their names."""

import os
import signal
import time
from dataclasses import dataclass

import numpy as np

from inference_api.errors import ImageTooSmallError


@dataclass(frozen=True)
class Crashing:
    """Ends its process by a signal."""

    number: int = signal.SIGSEGV

    def __call__(self, data: bytes):
        os.kill(os.getpid(), self.number)
        time.sleep(60)


def spinning(data: bytes):
    while True:
        pass


def sleeping(data: bytes):
    time.sleep(600)


def greedy(data: bytes):
    return np.ones((20_000, 20_000, 3), np.uint8), (20_000, 20_000)


def chattering(data: bytes):
    os.write(1, data)
    os.write(2, data)
    return np.zeros((16, 16, 3), np.uint8), (16, 16)


def refusing(data: bytes):
    raise ImageTooSmallError(size_wh=(1, 2), min_side=16)


def failing(data: bytes):
    raise KeyError("a fault of ours")


def count_bytes(image, prediction) -> bytes:
    return str(int(image.astype(np.int64).sum())).encode()
