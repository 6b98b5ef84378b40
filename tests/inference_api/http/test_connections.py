"""Clients that take their time, or all of ours: each is cut off, and nobody else notices."""

import json
import logging
import socket
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit

import pytest

from tests.inference_api.http.test_service import metric, until

SHORT = {"headers_s": 0.5, "window_s": 0.5, "unread_s": 1, "least_bytes_per_s": 2000}
PATIENCE_S = 60


@pytest.fixture(scope="module")
def hurried(serve):
    with serve(limits=SHORT) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        yield client


@contextmanager
def connected(client, *sent: bytes):
    address = urlsplit(str(client.base_url))
    with socket.create_connection((address.hostname, address.port), timeout=PATIENCE_S) as open_:
        for each in sent:
            open_.sendall(each)
        yield open_


def head(*lines: str) -> bytes:
    return "\r\n".join(["POST /v1/predict HTTP/1.1", "Host: x", *lines, "", ""]).encode()


def answer_of(connection) -> tuple[int, dict]:
    """Status and problem document of what comes before the connection ends."""
    data = everything(connection)
    start, _, body = data.partition(b"\r\n\r\n")
    return int(start.split()[1]), json.loads(body)


def everything(connection) -> bytes:
    data = b""
    try:
        while more := connection.recv(65536):
            data += more
    except ConnectionError:
        pass
    return data


def test_a_silent_connection_is_closed(hurried):
    with connected(hurried) as connection:
        assert everything(connection) == b""


def test_slow_headers_are_cut_off_with_a_word(hurried):
    with connected(hurried, b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nX-A: ") as connection:
        status, problem = answer_of(connection)
    assert (status, problem["code"]) == (408, "too_slow")


def test_slow_headers_of_a_second_request_are_cut_off_too(hurried):
    with connected(hurried, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /l") as connection:
        assert b"too_slow" in everything(connection)


@pytest.mark.parametrize("dripping", [False, True])
def test_a_slow_body_is_cut_off_with_a_word(hurried, dripping):
    with connected(hurried, head("Content-Length: 1000000"), b"x" * 50_000) as connection:
        if dripping:
            threading.Thread(target=drip, args=(connection,)).start()
        status, problem = answer_of(connection)
    assert (status, problem["code"]) == (408, "too_slow")
    assert problem["request_id"]


def drip(connection) -> None:
    try:
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)
    except OSError:
        pass


def test_a_body_that_comes_in_time_is_answered(hurried, scene):
    with connected(hurried, head(f"Content-Length: {len(scene.jpeg)}")) as connection:
        for start in range(0, len(scene.jpeg), 512):
            connection.sendall(scene.jpeg[start : start + 512])
            time.sleep(0.1 if start < 5120 else 0)
        assert b"200 OK" in connection.recv(65536)


def test_an_answer_that_nobody_reads_is_dropped(hurried):
    before = metric(hurried, 'api_connections_cut_total{reason="unread answer"}')
    with connected(hurried) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        asked = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
        connection.setblocking(False)
        try:
            while True:
                connection.send(asked)
        except BlockingIOError:
            pass
        until(lambda: metric(hurried, 'api_connections_cut_total{reason="unread answer"}') > before)


def test_a_body_in_tiny_pieces_is_refused_before_it_costs_anything(hurried):
    body = b"1\r\nx\r\n" * 1_000_000
    with connected(hurried, head("Transfer-Encoding: chunked")) as connection:
        sending = threading.Thread(target=send, args=(connection, body))
        sending.start()
        slowest = max(timed(hurried) for _ in range(20))
        everything(connection)
    sending.join(PATIENCE_S)
    assert metric(hurried, 'api_connections_cut_total{reason="malformed"}') >= 1
    assert slowest < 2  # as generous as a busy machine asks for; it was 5 s


def send(connection, body: bytes) -> None:
    with suppress(OSError):
        connection.sendall(body)


def timed(client) -> float:
    started = time.monotonic()
    assert client.get("/livez").status_code == 200
    return time.monotonic() - started


def test_what_is_no_http_is_a_problem_document(hurried):
    with connected(hurried, b"hello\r\n\r\n") as connection:
        status, problem = answer_of(connection)
    assert (status, problem["code"]) == (400, "malformed_request")


def test_a_request_of_two_lengths_is_the_last_of_its_connection(hurried):
    lengths = head("Transfer-Encoding: chunked", "Content-Length: 5")
    with connected(
        hurried, lengths, b"0\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    ) as connection:
        assert everything(connection).count(b"HTTP/1.1 ") == 1


def test_too_many_connections_make_room_by_those_that_only_wait(serve, caplog):
    with serve(limits={"most": 20, "headers_s": PATIENCE_S}) as client, ExitStack() as stack:
        until(lambda: client.get("/readyz").status_code == 200)
        with caplog.at_level(logging.WARNING, "inference_api"):
            for _ in range(100):
                stack.enter_context(connected(client))
            assert client.get("/livez").status_code == 200
            until(lambda: "too many" in caplog.text)
        assert metric(client, 'api_connections_cut_total{reason="too many"}') >= 80


def test_stopping_does_not_wait_for_bodies_that_never_end(serve, pipeline):
    with ExitStack() as stack:
        with serve(limits={"stopping_s": 0.5}) as client:
            connections = [
                stack.enter_context(connected(client, head("Content-Length: 99"), b"x"))
                for _ in range(5)
            ]
            until(lambda: metric(client, "api_upload_bytes") == 5)
            started = time.monotonic()
        assert time.monotonic() - started < 20
        assert {answer_of(each)[1]["code"] for each in connections} == {"stopping"}


def test_a_photo_that_says_it_is_too_large_is_refused_before_it_is_sent(hurried):
    asking = head("Content-Length: 30000000", "Expect: 100-continue")
    with connected(hurried, asking) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_uploads_that_are_too_many_to_hold_are_refused(serve):
    with serve(max_bytes=100_000) as client, ExitStack() as stack:
        until(lambda: client.get("/readyz").status_code == 200)
        start = head("Content-Length: 100000"), b"x" * 99_999
        for _ in range(30):
            stack.enter_context(connected(client, *start))
        until(lambda: metric(client, 'api_requests_total{route="/v1/predict",status="503"}') >= 20)
        assert metric(client, "api_upload_bytes") <= 1_100_000
