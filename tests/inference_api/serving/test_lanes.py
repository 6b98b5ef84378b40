"""Photos that cost much wait for each other, never others for them."""

import asyncio
from dataclasses import replace

import pytest

from inference_api.errors import ImageTooCostlyError, ImageTooLargeError, OverloadedError
from inference_api.metrics import Metrics
from inference_api.serving import scheduler as scheduling
from inference_api.serving.codec.tasks import Decoded
from inference_api.serving.scheduler import Scheduler, SchedulerOptions
from inference_api.vision.images import DEFAULT_LIMITS, encode
from tests.inference_api.serving.codec import misbehaving

LIMIT = 40_000_000  # bytes, in place of the usual bound of the quick lane


@pytest.fixture
def large(make_scene) -> bytes:
    """A PNG of more memory than LIMIT: one for the slow lane."""
    return encode(make_scene(size_wh=(3200, 2400)).image, image_format="PNG")


@pytest.fixture
async def schedule(pipeline, monkeypatch):
    """Start a scheduler whose quick lane ends at LIMIT."""
    monkeypatch.setattr("inference_api.serving.lanes.QUICK_MEMORY", LIMIT)
    monkeypatch.setattr("inference_api.serving.lanes._SLOW", (1, 0))  # a busy machine takes long
    running = []

    async def start(**options) -> Scheduler:
        scheduler = Scheduler(pipeline, SchedulerOptions(**options), metrics=Metrics())
        running.append(await scheduler.__aenter__())
        return scheduler

    yield start
    for scheduler in running:
        await scheduler.__aexit__(None, None, None)


async def test_a_large_photo_is_answered_by_the_slow_lane(schedule, large, scene):
    scheduler = await schedule()
    assert len((await scheduler.predict(large)).faces) == 1
    assert scheduler._slow.codec.pids
    _, picture = await scheduler.annotate(large, render=misbehaving.count_bytes)
    assert int(picture) > 0


async def test_a_photo_that_never_fits_is_refused(schedule, large):
    scheduler = await schedule(image_limits=replace(DEFAULT_LIMITS, max_memory=LIMIT + 1))
    with pytest.raises(ImageTooLargeError, match="memory"):
        await scheduler.predict(large)


async def test_ordinary_photos_go_by_any_number_of_large_ones(schedule, large, scene, monkeypatch):
    scheduler = await schedule()
    gate = asyncio.Event()

    async def held(self, *arguments, **options):
        await gate.wait()

    usual = scheduling.Scheduler._slowly
    monkeypatch.setattr(scheduling.Scheduler, "_slowly", held)
    others = [asyncio.create_task(scheduler.predict(large)) for _ in range(20)]
    async with asyncio.timeout(60):
        while not scheduler._costly._found or scheduler.admission.pending < 20:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        assert len((await scheduler.predict(scene.jpeg)).faces) == 1
    monkeypatch.setattr(scheduling.Scheduler, "_slowly", usual)
    gate.set()
    await asyncio.gather(*others)


class Spinning:
    """A codec that takes processor time for nothing, for one photo."""

    def __init__(self, codec, photo: bytes) -> None:
        self._codec, self._photo, self.asked = codec, photo, 0

    def decode(self, data, decoding, *, deadline) -> Decoded:
        if data != self._photo:  # the rehearsal
            return self._codec.decode(data, decoding, deadline=deadline)
        self.asked += 1
        return self._codec.decode(data, misbehaving.spinning, deadline=deadline)

    def __getattr__(self, name):
        return getattr(self._codec, name)


async def test_what_cost_too_much_once_costs_nothing_again(schedule, scene):
    scheduler = await schedule(deadline_s=600)
    quick, slow = (Spinning(lane.codec, scene.jpeg) for lane in (scheduler._quick, scheduler._slow))
    scheduler._quick = replace(scheduler._quick, codec=quick)
    scheduler._slow = replace(scheduler._slow, codec=slow)
    for _ in range(3):
        with pytest.raises(ImageTooCostlyError):
            await scheduler.predict(scene.jpeg)
    assert (quick.asked, slow.asked) == (1, 1)


async def test_a_large_photo_that_comes_too_late_hears_that_there_are_too_many(schedule, large):
    scheduler = await schedule(deadline_s=5)
    await scheduler._slow_slot.acquire()
    scheduler._costly.note("predict", large)
    scheduler._options = replace(scheduler._options, deadline_s=0.1)
    with pytest.raises(OverloadedError):
        await scheduler.predict(large)
    scheduler._slow_slot.release()


async def test_threads_do_without_lanes(schedule, large, scene):
    scheduler = await schedule(codec="thread")
    assert len((await scheduler.predict(large)).faces) == 1
    assert len((await scheduler.predict(scene.jpeg)).faces) == 1


async def test_memory_that_the_machine_lacks_is_no_fault_of_the_photo(schedule, scene, monkeypatch):
    scheduler = await schedule(codec="thread")

    def decode(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr(type(scheduler._quick.codec), "decode", decode)
    with pytest.raises(OverloadedError):
        await scheduler.predict(scene.jpeg)
