"""Health is told as it is: what hangs is said, and what cannot heal ends the process."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from inference_api.http.app import create_app
from inference_api.http.server import Server, server_config
from inference_api.pipeline import Pipeline
from inference_api.serving.codec.threads import ThreadCodec
from inference_api.settings import Settings
from tests.inference_api.http.test_bad_requests import assert_problem
from tests.inference_api.http.test_service import Held, until

PATIENCE_S = 60


@pytest.fixture
def held(pipeline):
    held = Held(pipeline.localizer)
    yield held
    held.gate.set()


def test_a_stuck_codec_is_told_and_counts_as_waiting(serve, scene, monkeypatch):
    gate, usual = threading.Event(), ThreadCodec.decode

    def stuck(self, data, decoding, *, deadline):
        if data == scene.jpeg:
            assert gate.wait(PATIENCE_S)
        return usual(self, data, decoding, deadline=deadline)

    monkeypatch.setattr(ThreadCodec, "decode", stuck)
    with (
        serve(codec="thread", codec_workers=1, deadline_s=3) as client,
        ThreadPoolExecutor() as pool,
    ):
        until(lambda: client.get("/readyz").status_code == 200)
        photo = pool.submit(client.post, "/v1/predict", files={"photo": scene.jpeg})
        until(lambda: client.get("/readyz").status_code == 503)
        document = assert_problem(client.get("/readyz"), 503, "not_ready")
        assert document["detail"] == "every codec is stuck"
        assert client.get("/v1/queue").json()["wait_s"] >= 3
        gate.set()
        until(lambda: client.get("/readyz").status_code == 200)
        assert photo.result().status_code == 504


def test_networks_that_do_not_answer_are_told(serve, held, pipeline, scene):
    with serve(pipeline=Pipeline(held, pipeline.classifier), deadline_s=3) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        held.armed = True
        while not held.entered.is_set():
            assert client.post("/v1/predict", files={"photo": scene.jpeg}).status_code == 504
        until(lambda: "networks have not answered" in client.get("/readyz").text)
        held.gate.set()


class Broken:
    """A localizer that fails in its warm-up."""

    def __init__(self, spec) -> None:
        self.spec = spec

    def localize(self, squares):
        raise RuntimeError("no device")


def test_a_service_that_cannot_heal_ends_with_a_word(pipeline, caplog):
    networks = Pipeline(Broken(pipeline.localizer.spec), pipeline.classifier)
    settings = Settings(_env_file=None, port=0)
    server = Server(server_config(create_app(settings, networks), settings))
    thread = threading.Thread(target=server.run)
    thread.start()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert server.failure == "the warm-up failed: no device"
    assert "the service ends, as it cannot heal: the warm-up failed: no device" in caplog.text


def test_stopping_waits_for_no_batch_that_hangs(serve, held, pipeline, scene, monkeypatch):
    monkeypatch.setattr("inference_api.serving.scheduler._ENDING_S", 0.2)
    with serve(pipeline=Pipeline(held, pipeline.classifier), deadline_s=1) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        held.armed = True
        while not held.entered.is_set():
            client.post("/v1/predict", files={"photo": scene.jpeg})
        started = time.monotonic()
    assert time.monotonic() - started < 20
