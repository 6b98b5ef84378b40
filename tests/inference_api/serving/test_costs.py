"""What a photo is taken to cost, from what its stages took."""

import time
from dataclasses import dataclass

import pytest

from inference_api.metrics import Metrics
from inference_api.pipeline import Pipeline
from inference_api.serving.scheduler import Scheduler, SchedulerOptions
from tests.inference_api.serving.test_scheduler import until

DECODING_S = 0.2  # far more than all else of a photo


@dataclass(frozen=True, slots=True)
class SlowToPrepare(Pipeline):
    def prepare(self, image, *, size_wh=None):
        time.sleep(DECODING_S)
        return Pipeline.prepare(self, image, size_wh=size_wh)


@pytest.mark.parametrize("workers", [1, 4])
async def test_threads_that_decode_at_once_share_the_time(pipeline, scene, workers):
    networks = SlowToPrepare(pipeline.localizer, pipeline.classifier)
    options = SchedulerOptions(codec_workers=workers)
    async with Scheduler(networks, options, metrics=Metrics()) as scheduler:
        await until(lambda: scheduler.ready)
        before_s = scheduler.admission.seconds_per_photo
        decoding_s = (await scheduler.predict(scene.jpeg)).timings_ms["decode"] / 1000
        added_s = scheduler.admission.seconds_per_photo - before_s
    assert decoding_s >= DECODING_S
    assert added_s == pytest.approx(decoding_s / workers, abs=DECODING_S / 10)
