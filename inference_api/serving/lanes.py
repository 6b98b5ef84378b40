"""Two lanes to the codecs: ordinary photos never wait behind those that cost many times as much.

The quick lane has most of the workers. A photo that turns out to need more memory or processor
time than an ordinary one goes to the slow lane: one worker, one photo at a time, which stands back
for all others. So the largest photos bound the memory instead of adding up to it.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from inference_api.errors import ImageTooCostlyError, ImageTooLargeError
from inference_api.pipeline import Prediction
from inference_api.serving.codec.processes import ProcessCodec
from inference_api.serving.codec.tasks import Cap, Decoded, Decoding, Render
from inference_api.serving.codec.threads import ThreadCodec
from inference_api.vision.images import MEMORY, ImageLimits

QUICK_MEMORY = 160_000_000  # bytes by the header: 12 megapixels of HEIC, the largest that is usual
_SPARE_MEMORY = 60_000_000  # beyond what the header tells: the file, the codec's own
_QUICK = Cap(cpu_s=2, memory=2 * QUICK_MEMORY + _SPARE_MEMORY)
_SLOW = 5, 5  # seconds of processor time, and how far it stands back
_ENDING_S = 5  # a codec that has worked for so long when the service stops is not waited for
T = TypeVar("T")


class Codec(Protocol):
    """Decodes and encodes photos, called by several threads. `deadline` is `time.monotonic`'s."""

    @property
    def pids(self) -> list[int] | tuple[int, ...]:
        """The processes that do it, if they are others."""

    def decode(self, data: bytes, decoding: Decoding, *, deadline: float) -> Decoded:
        """The picture in a file. Raises ImageRejectedError, TimeoutError, MemoryError."""

    def encode(
        self, decoded: Decoded, prediction: Prediction, render: Render, *, deadline: float
    ) -> bytes:
        """What `render` makes of the picture. Raises as `decode`."""

    def close(self) -> None:
        """End whatever is under way."""

    def forget(self) -> None:
        """Give back what is left, after no thread asks any more."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A codec, the threads that ask it, and how much a photo may cost here."""

    codec: Codec
    threads: ThreadPoolExecutor
    limits: ImageLimits
    workers: int
    _since: dict[int, float] = field(default_factory=dict)  # of what is under way, by thread

    async def run(self, work: Callable[[Codec], T]) -> tuple[T, float]:
        """What `work` makes of the codec, and the seconds that it took."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, self._timed, work)

    @property
    def stuck_s(self) -> float:
        """Seconds that every worker has been busy with one and the same photo; 0 if one is not."""
        since = [*self._since.values()]
        return time.monotonic() - max(since) if len(since) == self.workers else 0.0

    def stop(self) -> bool:
        """End what is under way, then the threads; whether all ended."""
        self.codec.close()
        has_ended = all(time.monotonic() - since < _ENDING_S for since in [*self._since.values()])
        self.threads.shutdown(wait=has_ended, cancel_futures=True)
        self.codec.forget()
        return has_ended

    def _timed(self, work: Callable[[Codec], T]) -> tuple[T, float]:
        thread = threading.get_ident()
        self._since[thread] = time.monotonic()
        started = time.perf_counter()
        try:
            result = work(self.codec)
        finally:
            del self._since[thread]
        return result, time.perf_counter() - started


def quick_lane(*, workers: int, limits: ImageLimits, on_killed: Callable[[str], None]) -> Lane:
    """The lane of ordinary photos."""
    small = replace(limits, max_memory=min(QUICK_MEMORY, limits.max_memory))
    return Lane(
        ProcessCodec(workers, _QUICK, on_killed=on_killed), _threads(workers), small, workers
    )


def slow_lane(*, limits: ImageLimits, on_killed: Callable[[str], None]) -> Lane:
    """The lane of photos that cost much."""
    cpu_s, niceness = _SLOW
    cap = Cap(cpu_s, limits.max_memory + _SPARE_MEMORY, niceness)
    return Lane(ProcessCodec(1, cap, on_killed=on_killed), _threads(1), limits, 1)


def thread_lane(*, workers: int, limits: ImageLimits) -> Lane:
    """The only lane, where the codecs run in this process."""
    return Lane(ThreadCodec(), _threads(workers), limits, workers)


def is_heavy(error: ImageTooLargeError | ImageTooCostlyError) -> bool:
    """Whether what the quick lane refused may do for the slow one."""
    if isinstance(error, ImageTooLargeError):
        return error.unit == MEMORY
    return error.resource in (ImageTooCostlyError.PROCESSOR_TIME, ImageTooCostlyError.MEMORY)


def _threads(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, thread_name_prefix="codec")
