"""Workers decode as this process would, and whatever becomes of one costs one photo."""

import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from inference_api.errors import (
    ImageTooCostlyError,
    ImageTooSmallError,
    UndecodableImageError,
)
from inference_api.serving.codec.processes import CodecFaultError, ProcessCodec, WorkerEndedError
from inference_api.serving.codec.tasks import Cap, Decoding
from inference_api.vision.images import decode, decode_reduced, encode
from tests.inference_api.serving.codec import misbehaving

CAP = Cap(cpu_s=2, memory=200_000_000)


@pytest.fixture(scope="module")
def kills() -> list[str]:
    return []


@pytest.fixture(scope="module")
def codec(kills):
    codec = ProcessCodec(1, CAP, on_killed=kills.append)
    yield codec
    codec.close()
    codec.forget()


def soon(seconds: float = 60) -> float:
    return time.monotonic() + seconds


def decoded(codec, data: bytes, decoding=None, *, deadline: float | None = None):
    return codec.decode(data, decoding or Decoding(), deadline=deadline or soon())


def works(codec, scene) -> bool:
    return bool(np.array_equal(decoded(codec, scene.jpeg).image, decode(scene.jpeg)))


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_what_this_process_makes_of_it(codec, make_scene, image_format):
    data = encode(make_scene(size_wh=(1600, 1200)).image, image_format=image_format)
    assert np.array_equal(decoded(codec, data).image, decode(data))
    smaller, size_wh = decode_reduced(data, least_side=300)
    reduced = decoded(codec, data, Decoding(least_side=300))
    assert np.array_equal(reduced.image, smaller)
    assert reduced.size_wh == size_wh


def test_photos_in_hand_keep_their_pixels(codec, make_scene):
    scenes = [make_scene(color=(255, n, 0)) for n in range(6)]
    held = [decoded(codec, scene.jpeg).image[10:200, 20:] for scene in scenes]
    for scene, image in zip(scenes, held, strict=True):
        assert np.array_equal(image, decode(scene.jpeg)[10:200, 20:])


def test_memory_is_used_again_when_no_view_is_left(codec, scene):
    first = decoded(codec, scene.jpeg).block
    assert decoded(codec, scene.jpeg).block is first


def test_an_answer_is_made_of_the_very_pixels(codec, scene):
    photo = decoded(codec, scene.jpeg)
    text = codec.encode(photo, None, misbehaving.count_bytes, deadline=soon())
    assert int(text) == int(decode(scene.jpeg).astype(np.int64).sum())


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_crash_costs_one_photo(codec, kills, scene, number):
    kills.clear()
    with pytest.raises(UndecodableImageError):
        decoded(codec, b"any", misbehaving.Crashing(number))
    assert kills == ["crash"]
    assert works(codec, scene)


def test_processor_time_is_capped_by_the_kernel(codec, kills, scene):
    kills.clear()
    with pytest.raises(ImageTooCostlyError, match="processor time"):
        decoded(codec, b"any", misbehaving.spinning)
    assert kills == ["time"]
    assert works(codec, scene)


def test_many_photos_together_may_cost_more_than_one(codec, scene):
    (pid,) = codec.pids
    used = 0.0
    while used < CAP.cpu_s + 1:
        assert works(codec, scene)
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").split()
        used = sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")
    assert codec.pids == [pid]


def test_memory_is_capped_and_the_worker_goes_on(codec, scene):
    assert works(codec, scene)
    (pid,) = codec.pids
    with pytest.raises(ImageTooCostlyError, match="memory"):
        decoded(codec, b"any", misbehaving.greedy)
    assert codec.pids == [pid]
    assert works(codec, scene)


def test_a_worker_that_hangs_is_ended_at_the_deadline(codec, kills, scene):
    kills.clear()
    with pytest.raises(TimeoutError):
        decoded(codec, b"any", misbehaving.sleeping, deadline=soon(0.1))
    assert kills == ["deadline"]
    assert works(codec, scene)


def test_a_worker_that_is_stopped_is_ended_at_the_deadline(codec, scene):
    assert works(codec, scene)
    (pid,) = codec.pids
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(TimeoutError):
        decoded(codec, scene.jpeg, deadline=soon(0.1))
    assert works(codec, scene)
    assert codec.pids != [pid]


def test_a_worker_that_is_killed_from_outside_costs_no_photo(codec, scene):
    for _ in range(5):
        assert works(codec, scene)
        os.kill(codec.pids[0], signal.SIGKILL)
    assert works(codec, scene)


def test_workers_that_are_killed_again_and_again_do_not_blame_the_photo(codec, scene):
    with pytest.raises(WorkerEndedError):
        decoded(codec, b"any", misbehaving.Crashing(signal.SIGKILL))
    assert works(codec, scene)


def test_nothing_that_a_codec_says_reaches_the_log(codec, capfd):
    decoded(codec, b"all about the photo", misbehaving.chattering)
    assert capfd.readouterr() == ("", "")


def test_a_refusal_comes_with_its_facts(codec):
    with pytest.raises(ImageTooSmallError) as caught:
        decoded(codec, b"any", misbehaving.refusing)
    assert caught.value.size_wh == (1, 2)


def test_a_fault_is_told_with_its_place(codec):
    with pytest.raises(CodecFaultError, match=r"in failing(.|\n)*a fault of ours"):
        decoded(codec, b"any", misbehaving.failing)


def test_closing_waits_for_nobody(scene):
    codec = ProcessCodec(1, CAP, on_killed=lambda reason: None)
    assert works(codec, scene)
    failures = []

    def hang() -> None:
        try:
            decoded(codec, b"any", misbehaving.sleeping)
        except WorkerEndedError as error:
            failures.append(error)

    thread = threading.Thread(target=hang)
    thread.start()
    started = time.monotonic()
    codec.close()
    thread.join(60)
    codec.forget()
    assert failures
    assert time.monotonic() - started < 30
