"""Memory that this process shares with a worker, so that pixels are handed over without a copy.

A block is a file that exists in memory only. A worker writes a picture into it; here it is mapped,
and an array lies on it. When no array does any more it is used again: new memory costs more than
the copy into it.
"""

import ctypes
import fcntl
import math
import mmap
import os
import weakref
from collections import deque
from dataclasses import dataclass

import numpy as np

from inference_api.vision.letterbox import Image

_KEPT_BYTES = 64_000_000  # of blocks that wait to be used again
_SEAL_SHRINK = 2  # F_SEAL_SHRINK; Python has no name for the seals
_ADD_SEALS = 1033  # F_ADD_SEALS


@dataclass(slots=True)
class Block:
    """One shared file of memory; `size` is what is mapped of it, bytes."""

    fd: int
    mapping: mmap.mmap | None = None

    @property
    def size(self) -> int:
        """Bytes that are mapped."""
        return len(self.mapping) if self.mapping is not None else 0

    def write(self, data: bytes) -> None:
        """Put `data` at the start of the file. Raises OSError where there is no memory left."""
        written = 0
        while written < len(data):
            written += os.pwrite(self.fd, memoryview(data)[written:], written)

    def close(self) -> None:
        """Give the memory back; what is mapped goes with the last array on it."""
        self.mapping = None
        os.close(self.fd)


class Blocks:
    """Those that wait to be used; safe to be used by several threads."""

    def __init__(self) -> None:
        self._free: deque[Block] = deque()

    def take(self) -> Block:
        """A block for one picture of any size."""
        try:
            return self._free.pop()
        except IndexError:
            return Block(_new_file())

    def give(self, block: Block) -> None:
        """Take a block back that no array lies on."""
        if block.size + sum(each.size for each in tuple(self._free)) > _KEPT_BYTES:
            block.close()
        else:
            self._free.append(block)

    def close(self) -> None:
        """Give back what waits; blocks that are still in use go when their arrays do."""
        while self._free:
            self._free.pop().close()

    def image(self, block: Block, shape_hwc: tuple[int, int, int]) -> Image:
        """The picture that a worker wrote into `block`, which is given back after the last view.

        Raises ValueError where the file is shorter than the picture.
        """
        n_bytes = math.prod(shape_hwc)
        if block.size < n_bytes:
            _map_again(block)
        if block.mapping is None or block.size < n_bytes:
            raise ValueError(f"{n_bytes} bytes of pixels in a block of {block.size}")
        memory = (ctypes.c_uint8 * n_bytes).from_buffer(block.mapping)
        weakref.finalize(memory, self.give, block).atexit = False
        return np.frombuffer(memoryview(memory), np.uint8).reshape(shape_hwc)


def _new_file() -> int:
    """It can grow only: pages that are mapped here and then cut off would end this process."""
    fd = os.memfd_create("photo", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    fcntl.fcntl(fd, _ADD_SEALS, _SEAL_SHRINK)
    return fd


def _map_again(block: Block) -> None:
    block.mapping = None
    if size := os.fstat(block.fd).st_size:
        block.mapping = mmap.mmap(block.fd, size)
