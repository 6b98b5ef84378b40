"""One photo's way through the service: admitted, decoded, run with others, encoded.

Decoding and encoding happen in few worker processes (or threads), the networks run on a thread of
their own. Each photo has a deadline, and what nobody waits for any more is dropped where it stands.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import Literal, NamedTuple, Self, TypeVar

import cv2
import numpy as np

from inference_api.errors import (
    DeadlineExceededError,
    ImageRejectedError,
    ImageTooCostlyError,
    ImageTooLargeError,
    OverloadedError,
)
from inference_api.metrics import Metrics
from inference_api.pipeline import LOOK_AGAIN, Photo, Pipeline, Prediction
from inference_api.serving.admission import Admission
from inference_api.serving.codec.tasks import Decoded, Decoding, Render
from inference_api.serving.costly import CostlyFiles
from inference_api.serving.lanes import (
    Codec,
    Lane,
    is_heavy,
    quick_lane,
    slow_lane,
    thread_lane,
)
from inference_api.serving.runtime import Runtime
from inference_api.vision.images import DEFAULT_LIMITS, ImageLimits, encode

_LOG = logging.getLogger(__name__)
_USUAL_HW = 1280, 1280  # pixels; what Telegram sends is not larger
_ENDING_S = 5  # for the batch in hand, once nobody waits for it any more
_UNUSUAL_S = 2  # longer than any batch or photo takes
T = TypeVar("T")


class _Job(NamedTuple):
    """Where a photo is worked on, and until when (`time.monotonic`)."""

    lane: Lane
    deadline: float


_Work = Callable[[_Job], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class SchedulerOptions:
    """How much is taken on: photos a batch, workers that decode and encode, seconds a photo.

    codec: whether those workers are processes, which can be ended, or threads.
    """

    image_limits: ImageLimits = DEFAULT_LIMITS
    max_batch: int = 8
    codec: Literal["process", "thread"] = "process"
    codec_workers: int = 2
    deadline_s: float = 30


class Scheduler:
    """Answers photos; an async context manager that belongs to one event loop.

    Leaving the context answers what was taken in, then ends the threads and processes.
    """

    def __init__(self, pipeline: Pipeline, options: SchedulerOptions, *, metrics: Metrics) -> None:
        self.pipeline = pipeline
        self._options = options
        self._metrics = metrics
        self.admission = Admission(deadline_s=options.deadline_s)
        self._slow_admission = Admission(deadline_s=options.deadline_s)
        self._runtime = Runtime(pipeline, max_batch=options.max_batch, on_batch=self._on_batch)
        self._quick, self._slow = self._lanes()
        # Bounds memory: photos beyond these wait as the compressed bytes that they came as.
        self._slots = asyncio.Semaphore(options.max_batch + options.codec_workers)
        self._slow_slot = asyncio.Semaphore(1)
        self._costly = CostlyFiles()
        self.has_ended = True
        """Whether leaving the context left nothing behind that hangs."""

    def _lanes(self) -> tuple[Lane, Lane | None]:
        workers, limits = self._options.codec_workers, self._options.image_limits
        if self._options.codec == "thread":
            return thread_lane(workers=workers, limits=limits), None
        killed = self._metrics.codec_kills
        on_killed = lambda reason: killed.labels(reason).inc()  # noqa: E731
        quick = quick_lane(workers=workers, limits=limits, on_killed=on_killed)
        return quick, slow_lane(limits=limits, on_killed=on_killed)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        cv2.setNumThreads(1)  # the workers have as many as can be used; OpenCV's would only spin
        for _ in range(self._options.codec_workers):
            self._quick.threads.submit(self._rehearse)
        self._runtime.warm.add_done_callback(self._on_warm)
        self._runtime.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        ended = await asyncio.to_thread(self._runtime.stop, patience_s=_ENDING_S)
        for lane in (self._quick, self._slow):
            ended &= not lane or await asyncio.to_thread(lane.stop)
        self.has_ended = ended

    @property
    def ready(self) -> bool:
        """Whether the networks are warm, so that the next photo is as fast as any."""
        return self.trouble is None

    @property
    def trouble(self) -> str | None:
        """Why photos are not answered at present; None when they are."""
        if not self._runtime.warm.done():
            return "the networks are being warmed up"
        if self.failure:
            return self.failure
        if self._quick.stuck_s > self._options.deadline_s:
            return "every codec is stuck"
        return None

    @property
    def failure(self) -> str | None:
        """What only a new start can mend; None when there is nothing."""
        runtime = self._runtime
        if runtime.warm.done() and (error := runtime.warm.exception()):
            return f"the warm-up failed: {error}"
        if runtime.warm.done() and not runtime.is_alive:
            return "the thread that runs the networks has ended"
        if runtime.busy_s > self._options.deadline_s:
            return f"the networks have not answered for {self._options.deadline_s:.0f} s"
        if self._quick.stuck_s > 2 * self._options.deadline_s:
            return "every codec is stuck"
        return None

    @property
    def wait_s(self) -> float:
        """How long a photo that came now would take, with all that is before it or stuck."""
        stuck_s = max(self._runtime.busy_s, self._quick.stuck_s)
        return max(self.admission.predicted_s, stuck_s if stuck_s > _UNUSUAL_S else 0.0)

    async def predict(self, data: bytes) -> Prediction:
        """The prediction for a photo file.

        Raises ImageRejectedError, OverloadedError, DeadlineExceededError.
        """
        return await self._answer("predict", data, partial(self._predict, data))

    async def annotate(self, data: bytes, *, render: Render) -> tuple[Prediction, bytes]:
        """As `predict`, with what `render` makes of the photo; a worker runs it."""
        return await self._answer("annotate", data, partial(self._annotate, data, render))

    async def _predict(self, data: bytes, job: _Job) -> Prediction:
        _, prediction = await self._infer(data, job, least_side=self.pipeline.enough_side)
        return prediction

    async def _annotate(self, data: bytes, render: Render, job: _Job) -> tuple[Prediction, bytes]:
        decoded, prediction = await self._infer(data, job, least_side=None)

        def encoding(codec: Codec) -> bytes:
            return codec.encode(decoded, prediction, render, deadline=job.deadline)

        encoded, seconds = await self._in_lane("encode", job, encoding)
        return _with_timings(prediction, encode=seconds), encoded

    async def _answer(self, purpose: str, data: bytes, work: _Work[T]) -> T:
        """What `work` makes of a photo that is admitted, in the lane that its costs need."""
        deadline = time.monotonic() + self._options.deadline_s
        with self.admission.admit(), self._metrics.photos_pending.track_inprogress():
            if not self._costly.check(purpose, data):
                try:
                    return await self._quickly(work, deadline)
                except (ImageTooLargeError, ImageTooCostlyError) as error:
                    if not (self._slow and is_heavy(error)):
                        raise
                self._costly.note(purpose, data)
            try:
                return await self._slowly(work, deadline)
            except ImageRejectedError as error:
                self._costly.note(purpose, data, error)
                raise

    async def _quickly(self, work: _Work[T], deadline: float) -> T:
        try:
            async with asyncio.timeout(deadline - time.monotonic()), self._slots:
                return await work(_Job(self._quick, deadline))
        except TimeoutError as error:
            raise DeadlineExceededError(deadline_s=self._options.deadline_s) from error
        except MemoryError as error:  # of the machine: a worker's own is its photo's fault
            raise OverloadedError(retry_after_s=1) from error

    async def _slowly(self, work: _Work[T], deadline: float) -> T:
        """One at a time. What comes too late here had to stand back for others: they are many."""
        assert self._slow  # noqa: S101 - photos are called heavy only where there is such a lane
        with self._slow_admission.admit():
            try:
                async with asyncio.timeout(deadline - time.monotonic()), self._slow_slot:
                    return await work(_Job(self._slow, deadline))
            except TimeoutError as error:
                raise OverloadedError(retry_after_s=self._options.deadline_s) from error

    async def _infer(
        self, data: bytes, job: _Job, *, least_side: int | None
    ) -> tuple[Decoded, Prediction]:
        decoding = Decoding(job.lane.limits, least_side)

        def preparing(codec: Codec) -> tuple[Decoded, Photo]:
            decoded = codec.decode(data, decoding, deadline=job.deadline)
            return decoded, self.pipeline.prepare(decoded.image, size_wh=decoded.size_wh)

        (decoded, photo), decode_s = await self._in_lane("decode", job, preparing)
        submitted = time.perf_counter()
        prediction = await asyncio.wrap_future(self._runtime.submit(photo))
        waited_s = time.perf_counter() - submitted - sum(prediction.timings_ms.values()) / 1000
        self._metrics.faces.inc(len(prediction.faces))
        self._metrics.second_looks.inc(LOOK_AGAIN in prediction.timings_ms)
        return decoded, _with_timings(prediction, decode=decode_s, wait=max(0.0, waited_s))

    async def _in_lane(self, stage: str, job: _Job, work: Callable[[Codec], T]) -> tuple[T, float]:
        """What `work` returns and the seconds it took; a rejected photo's are not counted."""
        result, seconds = await job.lane.run(work)
        if job.lane is self._quick:
            self.admission.observe(stage, seconds / self._options.codec_workers)
        else:
            self._slow_admission.observe(stage, seconds)
        self._metrics.stage_seconds.labels(stage).observe(seconds)
        return result, seconds

    def _rehearse(self) -> None:
        """Let a worker get the memory that it will need: the first photo would wait for it."""
        usual = encode(np.zeros((*_USUAL_HW, 3), np.uint8), image_format="JPEG")
        deadline = time.monotonic() + self._options.deadline_s
        self._quick.codec.decode(usual, Decoding(), deadline=deadline)

    def _on_warm(self, warm: Future[float]) -> None:
        if error := warm.exception():
            _LOG.error("the warm-up failed", exc_info=error)
        else:
            self._loop.call_soon_threadsafe(self.admission.observe, "infer", warm.result())

    def _on_batch(self, count: int, seconds: float) -> None:
        if self._loop.is_closed():
            return  # nobody waited for this batch when the service stopped
        self._loop.call_soon_threadsafe(self.admission.observe, "infer", seconds / count)
        self._metrics.stage_seconds.labels("infer").observe(seconds)
        self._metrics.batch_photos.observe(count)


def _with_timings(prediction: Prediction, **seconds: float) -> Prediction:
    added = {stage: value * 1000 for stage, value in seconds.items()}
    return replace(prediction, timings_ms={**prediction.timings_ms, **added})
