"""The one thread that runs the networks, and the photos that wait for it."""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from inference_api.pipeline import Photo, Pipeline, Prediction


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    photo: Photo
    future: Future[Prediction] = field(default_factory=Future)


class Runtime:
    """Runs photos in micro-batches of whatever waits, up to `max_batch`, without delaying any.

    on_batch: called on this thread after each batch with its number of photos and seconds.
    """

    def __init__(
        self, pipeline: Pipeline, *, max_batch: int, on_batch: Callable[[int, float], None]
    ) -> None:
        self._pipeline = pipeline
        self._max_batch = max_batch
        self._on_batch = on_batch
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="runtime", daemon=True)
        self._busy_since: float | None = None
        self.warm: Future[float] = Future()
        """Done after warm-up, with the seconds that one photo takes."""

    def start(self) -> None:
        """Start the thread; it warms up before the first photo."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs, so that photos that are queued will be seen."""
        return self._thread.is_alive()

    @property
    def busy_s(self) -> float:
        """Seconds that the batch in hand has taken so far; 0 between batches."""
        since = self._busy_since
        return time.monotonic() - since if since else 0.0

    def submit(self, photo: Photo) -> Future[Prediction]:
        """Queue `photo`; a future that is cancelled while it waits costs nothing."""
        job = _Job(photo)
        self._jobs.put(job)
        return job.future

    def stop(self, *, patience_s: float) -> bool:
        """Answer what is queued, then end the thread; whether it ended by then."""
        self._jobs.put(None)
        self._thread.join(patience_s)
        return not self.is_alive

    def _run(self) -> None:
        self._warm_up()
        while jobs := self._next_jobs():
            wanted = [job for job in jobs if job.future.set_running_or_notify_cancel()]
            if wanted:
                self._answer(wanted)

    def _warm_up(self) -> None:
        try:
            self.warm.set_result(self._pipeline.warm_up(max_batch=self._max_batch))
        except Exception as error:  # noqa: BLE001 - goes to whoever waits for the warm-up
            self.warm.set_exception(error)

    def _next_jobs(self) -> list[_Job]:
        """Wait for a photo and take those behind it; nothing once stopped."""
        jobs: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == self._max_batch or self._jobs.empty():
                return jobs
            job = self._jobs.get()
        if jobs:
            self._jobs.put(None)  # seen too early: these photos come first
        return jobs

    def _answer(self, jobs: list[_Job]) -> None:
        started, self._busy_since = time.perf_counter(), time.monotonic()
        try:
            predictions = self._pipeline.predict([job.photo for job in jobs])
        except Exception as error:  # noqa: BLE001 - goes to whoever waits for the photos
            for job in jobs:
                job.future.set_exception(error)
            return
        finally:
            self._busy_since = None
        self._on_batch(len(jobs), time.perf_counter() - started)
        for job, prediction in zip(jobs, predictions, strict=True):
            job.future.set_result(prediction)
