"""Batches made by other processes, some of them before they are asked for.

The processes are started anew rather than forked, as one that uses a GPU must not be, and import
neither the command nor Keras, which would take each of them seconds to minutes. Arrays that are
mapped from files are sent as where they lie, and batches come back through shared memory.
"""

import io
import mmap
import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from multiprocessing import get_context, parent_process
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType, TracebackType
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt

MakeBatch = Callable[[int, int], Any]
"""Epoch and number → a batch; the same whenever it is made."""
MEMORY = Path("/dev/shm")  # noqa: S108  (where Linux keeps files in memory)
DEPTH = 3  # batches made ahead by each process


class Loader:
    """Calls `make(epoch, batch)` for one batch after another in `processes`, some ahead.

    It is called like `make` itself, and raises what `make` does. `make` must be picklable.
    """

    def __init__(self, make: MakeBatch, *, steps: int, processes: int) -> None:
        self._steps = steps
        self._ahead = processes * DEPTH
        self._folder = TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        arguments = (_pickled(make), self._folder.name)
        self._pool = ProcessPoolExecutor(processes, get_context("spawn"), _start, arguments)
        self._made: dict[tuple[int, int], Future[Any]] = {}
        with _nothing_to_import_again():
            for _ in range(processes):  # each task starts one process
                self._pool.submit(int)

    def __call__(self, epoch: int, batch: int) -> Any:
        """The batch, and have those behind it made."""
        first = epoch * self._steps + batch
        for number in range(first, first + self._ahead):
            key = divmod(number, self._steps)
            if key not in self._made:
                self._made[key] = self._pool.submit(_make, *key)
        return _received(*self._made.pop((epoch, batch)).result())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._folder.cleanup()


@contextmanager
def _nothing_to_import_again() -> Iterator[None]:
    """Processes that are started meanwhile do not import the command that runs here.

    `multiprocessing` has each new process import the main module, for functions that were defined
    there; ours are not, and a command for training imports Keras.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


class _MapPickler(pickle.Pickler):
    """Pickles a part of a mapped file as where it lies, not as its bytes."""

    def reducer_override(self, it: object) -> Any:
        if not isinstance(it, np.memmap):
            return NotImplemented
        root = it
        while isinstance(root.base, np.memmap):
            root = root.base
        offset = root.offset + it.ctypes.data - root.ctypes.data
        return _part, (str(root.filename), offset, it.shape, it.strides, it.dtype.str)


def _pickled(make: MakeBatch) -> bytes:
    written = io.BytesIO()
    _MapPickler(written).dump(make)
    return written.getvalue()


@cache
def _mapped(filename: str) -> npt.NDArray[np.uint8]:
    return np.memmap(filename, np.uint8, "r")


def _part(
    filename: str, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], dtype: str
) -> npt.NDArray[Any]:
    return np.ndarray(shape, dtype, _mapped(filename), offset, strides)


_worker: dict[str, Any] = {}  # of a process: what makes its batches, and where it puts them


def _start(pickled: bytes, folder: str) -> None:
    """Once in each process."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)  # the processes are many enough
    _worker.update(make=pickle.loads(pickled), folder=folder)  # noqa: S301  (our own)


def _end_with_parent() -> None:
    """One that was killed could not tell its processes to end."""
    if parent := parent_process():
        parent.join()
        os._exit(1)


def _make(epoch: int, batch: int) -> tuple[bytes, str, list[int]]:
    """One batch: its arrays one after another in a file, the rest pickled."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(_worker["make"](epoch, batch), protocol=5, buffer_callback=buffers.append)
    path = Path(_worker["folder"]) / f"{epoch}-{batch}"
    with path.open("wb") as file:
        for buffer in buffers:
            file.write(buffer.raw())
    return head, str(path), [buffer.raw().nbytes for buffer in buffers]


def _received(head: bytes, path: str, sizes: list[int]) -> Any:
    with Path(path).open("r+b") as file:
        pixels = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    Path(path).unlink()  # gone when the batch is
    ends = np.cumsum([0, *sizes]).tolist()
    parts = [pixels[start:end] for start, end in pairwise(ends)]
    return pickle.loads(head, buffers=parts)  # noqa: S301  (our own)
