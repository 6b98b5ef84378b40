"""Batches, deadlines, overload, dropped clients and the drain; gates instead of clocks."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from inference_api.errors import DeadlineExceededError, OverloadedError, UndecodableImageError
from inference_api.metrics import Metrics
from inference_api.pipeline import Found, ImageBatch, Pipeline
from inference_api.serving.scheduler import Scheduler, SchedulerOptions

SEVERAL = 12
PATIENCE_S = 60  # a busy machine needs long; only a failure waits so long


@dataclass
class Gated:
    """A localizer that notes its batches and, when armed, waits for a gate in each."""

    inner: object
    batches: list[int] = field(default_factory=list)
    entered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    gate: threading.Event = field(default_factory=threading.Event)
    armed: bool = False

    @property
    def spec(self):
        return self.inner.spec

    def localize(self, squares: ImageBatch) -> list[Found]:
        if self.armed:
            self.batches.append(len(squares))
            self.entered.release()
            assert self.gate.wait(PATIENCE_S)
        return self.inner.localize(squares)


@pytest.fixture
def gated(pipeline) -> Gated:
    return Gated(pipeline.localizer)


@pytest.fixture
async def schedule(pipeline, gated):
    """Start a scheduler over the gated localizer; leaves with the gate open."""
    running = []

    async def start(**options) -> Scheduler:
        scheduler = Scheduler(
            Pipeline(gated, pipeline.classifier), SchedulerOptions(**options), metrics=Metrics()
        )
        running.append(await scheduler.__aenter__())
        await until(lambda: scheduler.ready)
        gated.armed = True
        return scheduler

    yield start
    gated.gate.set()
    for scheduler in running:
        await scheduler.__aexit__(None, None, None)


async def until(condition: Callable[[], bool], *, timeout_s: float = PATIENCE_S) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - the condition lies in other threads
            await asyncio.sleep(0.001)


async def in_the_runtime(gated: Gated) -> None:
    """Wait until a batch stands before the gate."""
    assert await asyncio.to_thread(gated.entered.acquire, timeout=PATIENCE_S)


async def test_what_waits_is_run_together_up_to_the_limit(schedule, gated, scene):
    scheduler = await schedule(max_batch=8, codec_workers=4)
    first = asyncio.create_task(scheduler.predict(scene.jpeg))
    await in_the_runtime(gated)
    others = [asyncio.create_task(scheduler.predict(scene.jpeg)) for _ in range(SEVERAL)]
    await until(lambda: scheduler._runtime._jobs.qsize() == SEVERAL - 1)
    gated.gate.set()
    predictions = await asyncio.gather(first, *others)
    assert gated.batches[:2] == [1, 8]
    assert sum(gated.batches) == SEVERAL + 1
    assert {len(prediction.faces) for prediction in predictions} == {1}


async def test_photos_of_one_batch_get_their_own_answers(schedule, gated, make_scene):
    scheduler = await schedule()
    scenes = [
        make_scene(box=(10 * n, 20, 10 * n + 60, 100), color=color)
        for n, color in enumerate([(255, 0, 0), (0, 0, 255), (20, 20, 20)])
    ]
    tasks = [asyncio.create_task(scheduler.predict(scene.jpeg)) for scene in scenes]
    await in_the_runtime(gated)
    gated.gate.set()
    red, blue, dark = [prediction.faces for prediction in await asyncio.gather(*tasks)]
    assert [red[0].answer.label, blue[0].answer.label, dark] == ["Red", "Blue", ()]
    assert blue[0].box.left - red[0].box.left == pytest.approx(10, abs=5)


async def test_a_photo_past_its_deadline_is_given_up(schedule, gated, scene):
    scheduler = await schedule(deadline_s=0.05)
    with pytest.raises(DeadlineExceededError):
        await scheduler.predict(scene.jpeg)
    assert scheduler.admission.pending == 0


async def test_overload_is_refused_at_once_with_an_honest_time(schedule, gated, scene):
    scheduler = await schedule(deadline_s=10)
    scheduler.admission.observe("infer", 1000)
    first = asyncio.create_task(scheduler.predict(scene.jpeg))
    await in_the_runtime(gated)
    with pytest.raises(OverloadedError) as caught:
        await scheduler.predict(scene.jpeg)
    assert caught.value.retry_after_s > 10
    gated.gate.set()
    await first


async def test_a_photo_that_nobody_waits_for_is_never_run(schedule, gated, scene):
    scheduler = await schedule()
    first = asyncio.create_task(scheduler.predict(scene.jpeg))
    await in_the_runtime(gated)
    others = [asyncio.create_task(scheduler.predict(scene.jpeg)) for _ in range(3)]
    await until(lambda: scheduler._runtime._jobs.qsize() == 3)
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    gated.gate.set()
    await first
    last = await scheduler.predict(scene.jpeg)
    assert gated.batches == [1, 1]
    assert len(last.faces) == 1


async def test_few_photos_are_held_decoded_however_many_wait(schedule, gated, scene):
    scheduler = await schedule(max_batch=2, codec_workers=1)
    tasks = [asyncio.create_task(scheduler.predict(scene.jpeg)) for _ in range(SEVERAL)]
    await in_the_runtime(gated)
    await until(scheduler._slots.locked)
    assert scheduler.admission.pending == SEVERAL
    gated.gate.set()
    assert len(await asyncio.gather(*tasks)) == SEVERAL


async def test_a_bad_photo_leaves_the_others_alone(schedule, gated, scene):
    scheduler = await schedule()
    gated.gate.set()
    good, bad = await asyncio.gather(
        scheduler.predict(scene.jpeg),
        scheduler.predict(scene.jpeg[:-50]),
        return_exceptions=True,
    )
    assert len(good.faces) == 1
    assert isinstance(bad, UndecodableImageError)


async def test_a_failing_network_fails_its_photos_and_not_the_thread(schedule, gated, scene):
    scheduler = await schedule()
    gated.gate.set()
    inner, gated.inner = gated.inner, None
    with pytest.raises(AttributeError):
        await scheduler.predict(scene.jpeg)
    gated.inner = inner
    assert len((await scheduler.predict(scene.jpeg)).faces) == 1


async def test_leaving_answers_what_was_taken_in(pipeline, gated, scene):
    options = SchedulerOptions()
    metrics = Metrics()
    networks = Pipeline(gated, pipeline.classifier)
    async with Scheduler(networks, options, metrics=metrics) as scheduler:
        await until(lambda: scheduler.ready)
        gated.armed = True
        task = asyncio.create_task(scheduler.predict(scene.jpeg))
        await in_the_runtime(gated)
        asyncio.get_running_loop().call_later(0.01, gated.gate.set)
    assert len((await task).faces) == 1


async def test_a_failing_warm_up_never_becomes_ready(pipeline, caplog):
    class Broken:
        spec = pipeline.localizer.spec

        def localize(self, squares):
            raise RuntimeError("no device")

    networks = Pipeline(Broken(), pipeline.classifier)
    async with Scheduler(networks, SchedulerOptions(), metrics=Metrics()) as scheduler:
        await until(scheduler._runtime.warm.done)
        assert not scheduler.ready
    assert "no device" in caplog.text
