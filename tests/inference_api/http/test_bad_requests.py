"""Bad photos, bad requests: each a clear problem document, never a 500."""

import io
import struct
import zipfile
import zlib

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image as PillowImage

from inference_api.vision.images import encode


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims this size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = b"IDAT" + zlib.compress(b"\0" * 100)

    def chunk(body: bytes) -> bytes:
        return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))

    return b"\x89PNG\r\n\x1a\n" + chunk(header) + chunk(pixels) + chunk(b"IEND")


def zip_file() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("photo.jpg", "no photo")
    return buffer.getvalue()


def jpeg(width: int, height: int) -> bytes:
    return encode(np.zeros((height, width, 3), np.uint8), image_format="JPEG")


def animated_gif() -> bytes:
    frames = [PillowImage.new("RGB", (64, 64), color) for color in ("red", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


BAD_PHOTOS = {
    "nothing": (b"", 400, "malformed_request"),
    "text": (b"this is no photo", 415, "unsupported_image"),
    "a zip named .jpg": (zip_file(), 415, "unsupported_image"),
    "a truncated JPEG": (jpeg(300, 300)[:-40], 422, "undecodable_image"),
    "a JPEG cut in its header": (jpeg(300, 300)[:40], 422, "undecodable_image"),
    "a PNG of 60,000 x 60,000": (png_claiming(60_000, 60_000), 413, "image_too_large"),
    "a PNG that lacks its pixels": (png_claiming(64, 64), 422, "undecodable_image"),
    "1 x 1": (jpeg(1, 1), 422, "image_too_small"),
    "1 x 5000": (jpeg(1, 5000), 422, "image_too_small"),
    "30 MB": (b"\xff\xd8\xff" + b"\0" * 30_000_000, 413, "image_too_large"),
}


def assert_problem(answer, status: int, code: str) -> dict:
    """`answer` is the problem document of this status and code."""
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert (answer.status_code, document["status"], document["code"]) == (status, status, code)
    assert document["type"].endswith(code)
    assert document["request_id"] == answer.headers["x-request-id"]
    assert document["title"]
    assert document["detail"]
    return document


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/annotate"])
@pytest.mark.parametrize("as_form", [True, False])
@pytest.mark.parametrize("name", BAD_PHOTOS)
def test_a_bad_photo_has_a_clear_answer(client, path, as_form, name):
    photo, status, code = BAD_PHOTOS[name]
    if as_form:
        answer = client.post(path, files={"photo": ("photo.jpg", photo)})
    else:
        answer = client.post(path, content=photo, headers={"content-type": "image/jpeg"})
    assert_problem(answer, status, code)


def test_an_oversize_body_of_undeclared_length_is_refused(client):
    chunks = (b"\xff\xd8\xff" + b"\0" * 1_000_000 for _ in range(30))
    answer = client.post("/v1/predict", content=chunks, headers={"content-type": "image/jpeg"})
    assert_problem(answer, 413, "image_too_large")


def test_an_animation_is_its_first_frame(client):
    answer = client.post("/v1/predict", files={"photo": animated_gif()})
    assert answer.status_code == 200
    (face,) = answer.json()["faces"]
    assert face["label"] == "Red"


@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        ("multipart/form-data", b"", 400, "malformed_request"),
        ("multipart/form-data; boundary=x", b"", 400, "malformed_request"),
        ("multipart/form-data; boundary=x", b"no boundary here", 400, "malformed_request"),
        ("multipart/form-data; boundary=", b"--\r\n", 400, "malformed_request"),
        ("text/plain", b"hello", 415, "unsupported_image"),
        ("application/json", b'{"url": "http://127.0.0.1/x.jpg"}', 415, "unsupported_image"),
        ("application/x-www-form-urlencoded", b"photo=%2Fetc%2Fpasswd", 415, "unsupported_image"),
    ],
)
def test_a_body_without_a_photo_has_a_clear_answer(client, content_type, body, status, code):
    answer = client.post("/v1/predict", content=body, headers={"content-type": content_type})
    assert_problem(answer, status, code)


def test_a_photo_in_a_field_of_another_name_is_missed(client, scene):
    answer = client.post("/v1/predict", files={"image": scene.jpeg})
    assert_problem(answer, 400, "malformed_request")


def test_a_path_in_the_field_of_the_photo_opens_nothing(client):
    answer = client.post("/v1/predict", data={"photo": "/etc/passwd"}, files={"other": b"x"})
    assert_problem(answer, 415, "unsupported_image")


@pytest.mark.parametrize("encoding", ["gzip", "identity, br", "zstd"])
def test_a_body_that_is_encoded_is_refused_by_the_encodings_name(client, scene, encoding):
    headers = {"content-type": "image/jpeg", "content-encoding": encoding}
    answer = client.post("/v1/predict", content=scene.jpeg, headers=headers)
    problem = assert_problem(answer, 415, "unsupported_image")
    assert f"encoded as {encoding.removeprefix('identity, ')}" in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/v1/predict", 405, "method_not_allowed"),
        ("POST", "/v1/models", 405, "method_not_allowed"),
    ],
)
def test_an_unknown_address_or_method_is_a_problem_document(client, method, path, status, code):
    assert_problem(client.request(method, path), status, code)


def test_a_format_that_is_not_written_here_is_not_acceptable(client, scene):
    headers = {"accept": "application/json"}
    answer = client.post("/v1/annotate", files={"photo": scene.jpeg}, headers=headers)
    assert_problem(answer, 406, "not_acceptable")


PREFIX = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
PIECES = st.sampled_from(
    [PREFIX, b"--x\r\n", b"--x--", b"\r\n", b"\r\n\r\n", b"Content-Disposition: ", b'name="photo"']
)


@settings(max_examples=60)
@given(body=st.lists(PIECES | st.binary(max_size=30), max_size=8).map(b"".join))
def test_no_multipart_body_breaks_the_service(client, body):
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = client.post("/v1/predict", content=body, headers=headers)
    assert answer.status_code in {400, 413, 415, 422}
    assert answer.json()["code"]


@settings(max_examples=60)
@given(
    content_type=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40).map(
        str.strip
    )
)
def test_no_content_type_breaks_the_service(client, content_type):
    for value in (content_type, f"multipart/form-data;{content_type}"):
        answer = client.post("/v1/predict", content=b"x", headers={"content-type": value})
        assert answer.status_code in {400, 415}


@settings(max_examples=60)
@given(place=st.integers(0, 800), junk=st.binary(min_size=1, max_size=20))
def test_no_damaged_photo_breaks_the_service(client, scene, place, junk):
    data = scene.jpeg[:place] + junk + scene.jpeg[place + len(junk) :]
    answer = client.post("/v1/annotate", files={"photo": data})
    assert answer.status_code in {200, 413, 415, 422}
