"""One photo's way through the service: admitted, decoded, run with others, encoded.

Decoding and encoding happen in a small pool of threads, the networks run on a thread of their
own. Each photo has a deadline, and what nobody waits for any more is dropped where it stands.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self, TypeVar

import cv2
import numpy as np

from inference_api.errors import DeadlineExceededError
from inference_api.metrics import Metrics
from inference_api.pipeline import LOOK_AGAIN, Photo, Pipeline, Prediction
from inference_api.serving.admission import Admission
from inference_api.serving.runtime import Runtime
from inference_api.vision.images import (
    DEFAULT_LIMITS,
    ImageLimits,
    decode,
    decode_reduced,
    encode,
)
from inference_api.vision.letterbox import Image

_LOG = logging.getLogger(__name__)
_USUAL_HW = 1280, 1280  # pixels; what Telegram sends is not larger
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SchedulerOptions:
    """How much is taken on: photos a batch, threads that decode and encode, seconds a photo."""

    image_limits: ImageLimits = DEFAULT_LIMITS
    max_batch: int = 8
    codec_workers: int = 2
    deadline_s: float = 30


class Scheduler:
    """Answers photos; an async context manager that belongs to one event loop.

    Leaving the context answers what was taken in, then ends the threads.
    """

    def __init__(self, pipeline: Pipeline, options: SchedulerOptions, *, metrics: Metrics) -> None:
        self.pipeline = pipeline
        self._options = options
        self._metrics = metrics
        self.admission = Admission(deadline_s=options.deadline_s)
        self._runtime = Runtime(pipeline, max_batch=options.max_batch, on_batch=self._on_batch)
        self._pool = ThreadPoolExecutor(options.codec_workers, thread_name_prefix="codec")
        # Bounds memory: photos beyond these wait as the compressed bytes that they came as.
        self._slots = asyncio.Semaphore(options.max_batch + options.codec_workers)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        cv2.setNumThreads(1)  # the pool has as many as can be used; OpenCV's own would only spin
        for _ in range(self._options.codec_workers):
            self._pool.submit(self._rehearse)
        self._runtime.warm.add_done_callback(self._on_warm)
        self._runtime.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self._runtime.stop)
        self._pool.shutdown(cancel_futures=True)

    @property
    def ready(self) -> bool:
        """Whether the networks are warm, so that the next photo is as fast as any."""
        warm = self._runtime.warm
        return warm.done() and warm.exception() is None

    async def predict(self, data: bytes) -> Prediction:
        """The prediction for a photo file.

        Raises ImageRejectedError, OverloadedError, DeadlineExceededError.
        """
        async with self._turn():
            _, prediction = await self._infer(lambda: self._decode_reduced(data))
            return prediction

    async def annotate(
        self, data: bytes, *, render: Callable[[Image, Prediction], bytes]
    ) -> tuple[Prediction, bytes]:
        """As `predict`, with what `render` makes of the photo; it runs in the pool."""
        async with self._turn():
            photo, prediction = await self._infer(lambda: self._decode(data))
            encoded, seconds = await self._in_pool(
                "encode", lambda: render(photo.image, prediction)
            )
            return _with_timings(prediction, encode=seconds), encoded

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Admission, the deadline and one of the places for decoded photos."""
        with self.admission.admit(), self._metrics.photos_pending.track_inprogress():
            try:
                async with asyncio.timeout(self._options.deadline_s), self._slots:
                    yield
            except TimeoutError as error:
                raise DeadlineExceededError(deadline_s=self._options.deadline_s) from error

    async def _infer(self, decoding: Callable[[], Photo]) -> tuple[Photo, Prediction]:
        photo, decode_s = await self._in_pool("decode", decoding)
        submitted = time.perf_counter()
        prediction = await asyncio.wrap_future(self._runtime.submit(photo))
        waited_s = time.perf_counter() - submitted - sum(prediction.timings_ms.values()) / 1000
        self._metrics.faces.inc(len(prediction.faces))
        self._metrics.second_looks.inc(LOOK_AGAIN in prediction.timings_ms)
        return photo, _with_timings(prediction, decode=decode_s, wait=max(0.0, waited_s))

    def _decode(self, data: bytes) -> Photo:
        return self.pipeline.prepare(decode(data, limits=self._options.image_limits))

    def _decode_reduced(self, data: bytes) -> Photo:
        """No larger than the networks need; enough where no picture is asked for."""
        image, size_wh = decode_reduced(
            data, least_side=self.pipeline.enough_side, limits=self._options.image_limits
        )
        return self.pipeline.prepare(image, size_wh=size_wh)

    async def _in_pool(self, stage: str, work: Callable[[], T]) -> tuple[T, float]:
        """What `work` returns and the seconds it took; a rejected photo's are not counted."""
        result, seconds = await self._loop.run_in_executor(self._pool, _timed, work)
        self.admission.observe(stage, seconds / self._options.codec_workers)
        self._metrics.stage_seconds.labels(stage).observe(seconds)
        return result, seconds

    def _rehearse(self) -> None:
        """Let a thread get the memory that it will need: the first photo would wait for it."""
        self._decode(encode(np.zeros((*_USUAL_HW, 3), np.uint8), image_format="JPEG"))

    def _on_warm(self, warm: Future[float]) -> None:
        if error := warm.exception():
            _LOG.error("the warm-up failed", exc_info=error)
        else:
            self._loop.call_soon_threadsafe(self.admission.observe, "infer", warm.result())

    def _on_batch(self, count: int, seconds: float) -> None:
        self._loop.call_soon_threadsafe(self.admission.observe, "infer", seconds / count)
        self._metrics.stage_seconds.labels("infer").observe(seconds)
        self._metrics.batch_photos.observe(count)


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def _with_timings(prediction: Prediction, **seconds: float) -> Prediction:
    added = {stage: value * 1000 for stage, value in seconds.items()}
    return replace(prediction, timings_ms={**prediction.timings_ms, **added})
