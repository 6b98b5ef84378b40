"""API keys: read from hashes, let in, refused, and counted."""

import hashlib

import pytest

from inference_api.http.keys import KeyRing
from inference_api.http.problems import ProblemError
from inference_api.settings import read_keys
from tests.inference_api.http.test_bad_requests import assert_problem

KEY = "a-long-random-key"
DIGEST = hashlib.sha256(KEY.encode()).hexdigest()


def write(tmp_path, text: str):
    path = tmp_path / "keys"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "digests"),
    [
        ("", ()),
        ("# only a comment\n\n", ()),
        (f"{DIGEST}\n", (DIGEST,)),
        (f"{DIGEST}  -\n{'0' * 64} the bot\n", (DIGEST, "0" * 64)),
    ],
)
def test_a_file_holds_a_hash_a_line(tmp_path, text, digests):
    assert read_keys(write(tmp_path, text)) == digests


@pytest.mark.parametrize("line", [KEY, DIGEST.upper(), DIGEST[:-1], f"bot {DIGEST}"])
def test_a_line_of_another_form_is_named(tmp_path, line):
    with pytest.raises(ValueError, match="keys:2") as caught:
        read_keys(write(tmp_path, f"{DIGEST} bot\n{line}\n"))
    assert KEY not in str(caught.value)


def test_the_quota_fills_up_evenly_over_the_minute():
    now = [0.0]
    ring = KeyRing((DIGEST,), per_minute=2, clock=lambda: now[0])
    ring.admit(KEY)
    ring.admit(KEY)
    with pytest.raises(ProblemError) as caught:
        ring.admit(KEY)
    assert (caught.value.kind.code, caught.value.headers["Retry-After"]) == ("quota_exceeded", "30")
    now[0] = 30.0
    ring.admit(KEY)
    with pytest.raises(ProblemError):
        ring.admit(KEY)


@pytest.fixture(scope="module")
def guarded(serve, tmp_path_factory):
    """A service that asks for a key and allows one photo a minute."""
    path = write(tmp_path_factory.mktemp("keys"), f"{DIGEST} bot\n")
    with serve(keys_file=path, key_photos_per_minute=1) as client:
        yield client


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/annotate"])
def test_without_a_key_no_photo_is_taken(guarded, scene, path):
    answer = guarded.post(path, files={"photo": scene.jpeg})
    assert_problem(answer, 401, "key_missing")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("key", ["wrong", DIGEST, "ключ".encode()])
def test_a_key_that_is_not_known_is_refused(guarded, scene, key):
    answer = guarded.post("/v1/predict", files={"photo": scene.jpeg}, headers={"x-api-key": key})
    assert_problem(answer, 403, "key_refused")


def test_a_good_key_is_let_in_either_header_until_its_quota_is_spent(guarded, scene):
    headers = {"authorization": f"Bearer {KEY}"}
    answer = guarded.post("/v1/predict", files={"photo": scene.jpeg}, headers=headers)
    assert answer.status_code == 200
    answer = guarded.post("/v1/predict", files={"photo": scene.jpeg}, headers={"x-api-key": KEY})
    assert_problem(answer, 429, "quota_exceeded")
    assert 1 <= int(answer.headers["retry-after"]) <= 60


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/v1/models", "/docs"])
def test_the_rest_needs_no_key(guarded, path):
    assert guarded.get(path).status_code == 200
