"""Around the photos: ids, headers, logs, metrics, health, failures, and clients that leave."""

import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import httpx
import pytest

from inference_api.pipeline import Pipeline
from inference_api.vision.spec import Detection, LookAgain
from tests.inference_api.http.test_bad_requests import assert_problem

PATIENCE_S = 60  # a busy machine needs long; only a failure waits so long


@dataclass
class Held:
    """A localizer that, when armed, waits for a gate."""

    inner: object
    armed: bool = False
    calls: int = 0
    entered: threading.Event = field(default_factory=threading.Event)
    gate: threading.Event = field(default_factory=threading.Event)

    @property
    def spec(self):
        return self.inner.spec

    def localize(self, squares):
        if self.armed:
            self.calls += len(squares)
            self.entered.set()
            assert self.gate.wait(PATIENCE_S)
        return self.inner.localize(squares)


@pytest.fixture
def held(pipeline):
    held = Held(pipeline.localizer)
    yield held
    held.gate.set()


def until(condition, *, timeout_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def metric(client, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


def test_a_safe_request_id_is_kept(client):
    answer = client.get("/livez", headers={"x-request-id": "bot-42.a_b"})
    assert answer.headers["x-request-id"] == "bot-42.a_b"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", "a\tb"])
def test_an_unsafe_request_id_is_replaced(client, given):
    ids = {
        client.get("/livez", headers={"x-request-id": given}).headers["x-request-id"] for _ in "ab"
    }
    assert len(ids) == 2
    assert given not in ids


@pytest.mark.parametrize("path", ["/livez", "/v1/models", "/nothing", "/docs"])
def test_every_answer_has_safe_headers(client, path):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers
    assert "access-control-allow-origin" not in headers


def test_the_log_names_request_and_status_but_no_query(client, scene, caplog):
    with caplog.at_level(logging.INFO, "inference_api"):
        client.post("/v1/predict?token=secret", files={"photo": ("name-of-me.jpg", scene.jpeg)})
        until(lambda: "POST /v1/predict 200" in caplog.text)
    assert "secret" not in caplog.text
    assert "name-of-me" not in caplog.text


def test_metrics_count_requests_and_faces(client, scene):
    name = 'api_requests_total{route="/v1/predict",status="200"}'
    requests, faces = metric(client, name), metric(client, "api_faces_total")
    client.post("/v1/predict", files={"photo": scene.jpeg})
    assert metric(client, name) == requests + 1
    assert metric(client, "api_faces_total") == faces + 1


def test_a_second_look_is_counted_and_told(serve, pipeline, scene, make_scene):
    look = LookAgain(long_side=150, overlap=16, small_face=0, many_faces=9)
    detection = Detection(strides=(8,), max_iou=0.5, max_faces=9, look_again=look)
    spec = pipeline.localizer.spec.model_copy(update={"detection": detection})
    twice = replace(pipeline, localizer=replace(pipeline.localizer, spec=spec))
    dark = make_scene(color=(20, 20, 20))
    with serve(pipeline=twice) as client:
        replies = [
            client.post("/v1/predict", files={"photo": photo.jpeg}).json()
            for photo in (scene, dark, scene)
        ]
        assert ["look_again" in reply["timings_ms"] for reply in replies] == [False, True, False]
        assert metric(client, "api_second_looks_total") == 1


def test_unknown_addresses_share_one_metric(client):
    for number in range(5):
        client.get(f"/nothing/{number}")
    assert "nothing" not in client.get("/metrics").text


def test_a_fault_of_ours_is_a_problem_document_and_a_log_entry(serve, scene, pipeline, caplog):
    class Faulty:
        spec = pipeline.classifier.spec
        warm = False

        def classify(self, crops):
            if not self.warm:
                return pipeline.classifier.classify(crops)
            raise RuntimeError("a fault")

    faulty = Faulty()
    with serve(pipeline=Pipeline(pipeline.localizer, faulty)) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        faulty.warm = True
        answer = client.post("/v1/predict", files={"photo": scene.jpeg})
        document = assert_problem(answer, 500, "internal_error")
    assert "a fault" not in answer.text
    assert "a fault" in caplog.text
    assert document["request_id"] in caplog.text


def test_ready_means_warmed_up_and_health_answers_meanwhile(serve, held, pipeline):
    held.armed = True
    with serve(pipeline=Pipeline(held, pipeline.classifier)) as client:
        assert held.entered.wait(PATIENCE_S)
        assert_problem(client.get("/readyz"), 503, "not_ready")
        assert client.get("/livez").json() == {"status": "ok"}
        held.gate.set()
        until(lambda: client.get("/readyz").status_code == 200)


def test_a_photo_without_an_answer_in_time_is_a_504(serve, held, pipeline, scene):
    with serve(pipeline=Pipeline(held, pipeline.classifier), deadline_s=0.05) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        held.armed = True
        answer = client.post("/v1/predict", files={"photo": scene.jpeg})
        assert_problem(answer, 504, "deadline_exceeded")
        held.gate.set()


class Slow(Pipeline):
    """Says of itself that a photo takes 40 s; two of them are too much for the usual deadline."""

    def warm_up(self, *, max_batch):
        super().warm_up(max_batch=max_batch)
        return 40.0


def test_overload_is_a_503_that_says_when_to_come_back(serve, held, pipeline, scene):
    with (
        serve(pipeline=Slow(held, pipeline.classifier), deadline_s=PATIENCE_S) as client,
        ThreadPoolExecutor() as pool,
    ):
        until(lambda: client.get("/readyz").status_code == 200)
        held.armed = True
        first = pool.submit(client.post, "/v1/predict", files={"photo": scene.jpeg})
        assert held.entered.wait(PATIENCE_S)
        for _ in range(10):
            refused = client.post("/v1/predict", files={"photo": scene.jpeg})
            assert_problem(refused, 503, "overloaded")
            assert 38 <= int(refused.headers["retry-after"]) <= 48  # 2 x 40 less 0.7 x 60
        unread = client.post("/v1/predict", content="no photo", headers={"content-type": "text/x"})
        assert_problem(unread, 503, "overloaded")
        endless = client.post("/v1/predict", content=(b"x" * 65536 for _ in range(2000)))
        assert_problem(endless, 503, "overloaded")
        held.gate.set()
        assert first.result().status_code == 200
        assert held.calls == 1


def leave_early(client, scene) -> None:
    """Send a whole request for a photo and hang up without reading the answer."""
    address = urlsplit(str(client.base_url))
    lines = ["POST /v1/predict HTTP/1.1", "Host: x", "Content-Type: image/jpeg"]
    head = "\r\n".join([*lines, f"Content-Length: {len(scene.jpeg)}", "", ""])
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode() + scene.jpeg)
        until(lambda: metric(client, "api_photos_pending") == 2)


def test_the_photo_of_a_client_that_left_is_never_run(serve, held, pipeline, scene):
    with serve(pipeline=Pipeline(held, pipeline.classifier)) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        held.armed = True
        thread = threading.Thread(
            target=client.post, args=("/v1/predict",), kwargs={"files": {"photo": scene.jpeg}}
        )
        thread.start()
        assert held.entered.wait(PATIENCE_S)
        leave_early(client, scene)
        until(lambda: metric(client, "api_photos_pending") == 1)
        held.gate.set()
        thread.join(PATIENCE_S)
        assert client.post("/v1/predict", files={"photo": scene.jpeg}).status_code == 200
        assert held.calls == 2


def test_stopping_answers_the_photo_in_hand(serve, held, pipeline, scene):
    answers = []
    with serve(pipeline=Pipeline(held, pipeline.classifier)) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        held.armed = True
        url, files = client.base_url.join("/v1/predict"), {"photo": scene.jpeg}

        def send() -> None:
            answers.append(httpx.post(url, files=files, timeout=PATIENCE_S))

        thread = threading.Thread(target=send)
        thread.start()
        assert held.entered.wait(PATIENCE_S)
        threading.Timer(0.2, held.gate.set).start()
    thread.join(PATIENCE_S)
    assert [answer.status_code for answer in answers] == [200]
